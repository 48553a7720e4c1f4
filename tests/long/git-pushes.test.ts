import { summaryOf } from "../../lab/dagsBench/records";
import { configured } from "../helpers/config";
import { everywhere, GitClone, tip, type Push } from "../helpers/gitClone";
import { eventually, healthy, lab, nodes, on, onAll, type Node } from "../helpers/lab";
import { airflowApi, outputs, type Outputs } from "../helpers/outputs";
import { sshKeyPair } from "../helpers/sshKey";

jest.setTimeout(30 * 60_000);

const up = ["pulumi", "up", "--yes", "--skip-preview"];
const [first, second, third] = nodes;
const clone = new GitClone(first);
/** Somebody else's. */
const other = new GitClone(third);
const minute = 60_000;
/** Seconds: for how long is pushed, from one push to the next, from one run to the next. */
const [time, betweenPushes, betweenRuns] = [300, 5, 15];
/** ms since the first push. */
const [offAt, onAt] = [1 * minute, 2 * minute];
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    const user = sshKeyPair();
    await lab([...up, ...configured({ dags: { kind: "git", authorizedKeys: [user.publicKey] } })]);
    await clone.make(user.privateKey);
    await other.make(user.privateKey);
    await startLooks();
});

afterAll(async () => {
    await lab(["start", third]);
    await eventually(`${third} boots`, () => on(third, heal));
    await stopLooks();
    await clone.remove();
    await other.remove();
    // The lab is csync2's again, whatever has failed.
    await lab(up);
    await healthy();
});

function pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

// A unit, not a process: it looks again as soon as its node is back.
const unit = "lab-looks";
const folder = "/var/lib/lab-looks";

/** Has every node note when Airflow's branch there is at which commit: seconds since 1970, the commit. */
async function startLooks(): Promise<void> {
    await onAll(`rm -rf ${folder}; mkdir ${folder}
cat >${folder}/looks.py <<'PROGRAM'
import subprocess
import time

repository = "/srv/airflow/dags.git"
command = ["git", "-c", "safe.directory=*", "-C", repository, "cat-file", "--batch-check"]
# One process looks the branch up anew each time it is asked.
asked = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
last = None
with open("${folder}/seen", "a", buffering=1) as seen:
    while True:
        asked.stdin.write("refs/heads/airflow-ha/dags\\n")
        asked.stdin.flush()
        commit = asked.stdout.readline().split()[0]
        if commit != last:
            seen.write(f"{time.time():.6f} {commit}\\n")
        last = commit
        time.sleep(0.02)
PROGRAM
cat >/etc/systemd/system/${unit}.service <<'UNIT'
[Service]
ExecStart=python3 ${folder}/looks.py
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet ${unit} && systemctl restart ${unit}`);
}

async function stopLooks(): Promise<void> {
    await onAll(
        `systemctl disable --quiet --now ${unit}; rm -rf ${folder} /etc/systemd/system/${unit}.service; systemctl daemon-reload`,
    );
}

/** By node: since when it had which commit. */
async function looks(): Promise<Record<Node, { at: number; id: string }[]>> {
    const seen = Object.entries(await onAll(`cat ${folder}/seen`)).map(([node, text]) => [
        node,
        text
            .trim()
            .split("\n")
            .map((line) => line.split(" "))
            .map(([at, id]) => ({ at: Number(at), id })),
    ]);
    return Object.fromEntries(seen) as never;
}

function figures(seconds: number[]): string {
    const { saves, p50, p99 } = summaryOf(seconds);
    return `p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s, worst ${Math.max(...seconds).toFixed(2)} s (${saves})`;
}

/** What a task says whose node lacks its commit: GitDagBundle of apache-airflow-providers-git. */
const lacking = "Version .* not found in the repository";

/** Lines of task logs and journals since then that say so, by node. */
function complaints(since: number): Promise<Record<Node, string>> {
    return onAll(`find /var/log/airflow -type f -newermt @${since} -print0 |
        xargs --null --no-run-if-empty grep --extended-regexp -H '${lacking}'
        journalctl --no-pager --quiet --since=@${since} --unit='airflow*' --grep='${lacking}'
        true`);
}

test("pushes every 5 s while a node loses its power and comes back: all are taken, and no run lacks its commit", async () => {
    const api = airflowApi(stack, first);
    // Few tasks, so that there are many runs.
    const few = (text: string) => text.replace("range(30)", "range(9)");
    const before = await clone.commit("lab_spread", few);
    expect(await clone.push(first)).toMatchObject({ code: 0 });
    await eventually("Airflow has read it", async () => {
        const known = (await api.call("GET", "/dags/lab_spread")) as Record<string, string>;
        return known.bundle_version === before ? true : undefined;
    });
    const began = Date.now();
    const pushing = clone.pushAlways(time, betweenPushes, [first, second]);
    const runs: string[] = [];
    const running = async () => {
        while (Date.now() < began + time * 1000) {
            const next = Date.now() + betweenRuns * 1000;
            runs.push(await eventually("a run", () => api.trigger("lab_spread")));
            await pause(next - Date.now());
        }
    };
    let off = 0;
    const power = async () => {
        await pause(offAt);
        off = Date.now() / 1000;
        await lab(["stop", third]);
        await pause(began + onAt - Date.now());
        await lab(["start", third]);
    };
    const [pushes] = await Promise.all([pushing, running(), power()]);
    expect(pushes.filter(({ code }) => code !== 0)).toEqual([]);
    const order = pushes.map(({ id }) => id);
    const last = order[order.length - 1];
    await everywhere(last);
    const without = pushes.filter(({ stderr }) => stderr.includes(`${third} does not have it yet`));
    expect(without.length).toBeGreaterThan(0);

    await healthy();
    const final = await api.trigger("lab_spread");
    const versions = new Set<string>();
    for (const run of [...runs, final]) {
        const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(run)}`;
        const ended = await eventually(
            `the end of run ${run}`,
            async () => {
                const now = (await api.call("GET", path)) as Record<string, string>;
                return ["success", "failed"].includes(now.state) ? now : undefined;
            },
            10 * minute,
        );
        expect([run, ended.state]).toEqual([run, "success"]);
        expect([before, ...order]).toContain(ended.bundle_version);
        versions.add(ended.bundle_version);
    }
    const tasks = await api.tasks("lab_spread", final);
    expect([...new Set(tasks.map(({ hostname }) => hostname))].sort()).toEqual([...nodes].sort());
    expect(versions.size).toBeGreaterThan(5);
    expect(versions).toContain(last);
    const quiet = Object.fromEntries(nodes.map((node) => [node, ""]));
    expect(await complaints(Math.floor(began / 1000))).toEqual(quiet);

    const seen = await looks();
    /** Seconds from the push's beginning until the node has it, or what leads on from it. */
    const until = (node: Node, push: (typeof pushes)[number]) => {
        const later = new Set(order.slice(order.indexOf(push.id)));
        return (seen[node].find(({ id }) => later.has(id))?.at ?? NaN) - push.began;
    };
    const since = "systemctl show --property=ActiveEnterTimestamp --value dag-git";
    const back = Number(await on(third, `date +%s --date "$(${since})"`));
    const live = ({ began, ended }: Push) =>
        ended < off || began > back ? nodes : [first, second];
    const acknowledged = pushes.map((push) => push.ended - push.began);
    const there = pushes.map((push) => Math.max(...live(push).map((node) => until(node, push))));
    expect(there.filter(Number.isNaN)).toEqual([]);
    console.log(
        [
            `acknowledged: ${figures(acknowledged)}`,
            `on every live node: ${figures(there)}`,
            `${third} was without the service for ${Math.round(back - off)} s, ${without.length} of the pushes came without it; ${runs.length + 1} runs of ${versions.size} commits`,
        ].join("\n"),
    );
});

// As a firewall between two groups of machines does it, and the public login stays: the machine is asked meanwhile.
const cut = `nft 'table inet lab_cut {
    chain in { type filter hook input priority -300; udp dport 51820 drop; };
    chain out { type filter hook output priority -300; udp dport 51820 drop; };
}'`;
const heal = "nft delete table inet lab_cut 2>/dev/null || true";

test("of pushes on both sides of a cut the majority's is taken, and the other one is refused and moves nothing", async () => {
    const before = (await on(first, tip)).trim();
    await other.run(`git pull --quiet ${third} main`);
    const mine = await other.commit("lab_hello");
    await on(third, cut);
    const taken = await clone.commit("lab_hello");
    const pushed = await clone.push(second);
    expect([pushed.code, pushed.stderr]).toEqual([
        0,
        expect.stringContaining(`${third} does not have it yet: `),
    ]);
    const refused = await other.push(third);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
        /etcd has no majority that answers, so nothing has moved|1 of 3 nodes would have it, and 2 are needed/,
    );
    console.log(`refused after ${(refused.ended - refused.began).toFixed(2)} s: ${refused.stderr}`);
    expect((await on(third, tip)).trim()).toBe(before);
    expect((await on(second, tip)).trim()).toBe(taken);

    await on(third, heal);
    await everywhere(taken);
    // git itself knows by then that another push was first; who insists is told so by the nodes.
    const late = await other.push(third);
    expect(late.code).not.toBe(0);
    expect(late.stderr).toContain("fetch first");
    const forced = await other.push(third, "--force");
    expect(forced.code).not.toBe(0);
    expect(forced.stderr).toContain(
        `${mine.slice(0, 12)} does not build on ${taken.slice(0, 12)}, which main is at: fetch, then push again`,
    );
    await everywhere(taken);
    await other.run(`git pull --quiet --rebase ${third} main`);
    expect(await other.push(third)).toMatchObject({ code: 0 });
    await everywhere((await other.run("git rev-parse HEAD")).trim());
    await healthy();
});
