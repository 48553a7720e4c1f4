import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configured } from "../helpers/config";
import {
    eventually,
    healthy,
    lab,
    meshAddresses,
    nodes,
    on,
    onAll,
    tryLab,
    tryOn,
    type Node,
} from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(20 * 60_000);

const up = ["pulumi", "up", "--yes", "--skip-preview"];
const [first, second, third] = nodes;
const folder = mkdtempSync(join(tmpdir(), "airflow-ha-"));
/** On the first node: somebody's clone and key. */
const work = "/root/dags-of-a-user";
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    const key = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "user", "-f", key]);
    const authorizedKeys = [readFileSync(`${key}.pub`, "utf8").trim()];
    await lab([...up, ...configured({ dags: { kind: "git", authorizedKeys } })]);
    await on(
        first,
        `rm -rf ${work} && git init --quiet --initial-branch=main ${work} && cd ${work}
        install -m 0600 /dev/stdin .git/key <<'KEY'\n${readFileSync(key, "utf8")}KEY
        git config user.name user && git config user.email user@example.com`,
    );
});

afterAll(async () => {
    rmSync(folder, { recursive: true });
    await on(first, `rm -rf ${work}`);
    // The lab is csync2's again, whatever has failed.
    await lab(up);
    await healthy();
});

/** Pushes by SSH to that node's mesh address; gives git's exit code, what it said and how many seconds it took. */
async function push(node: Node, option = "", branch = "main") {
    const ssh =
        `ssh -i .git/key -o IdentitiesOnly=yes -o BatchMode=yes -o HostKeyAlias=${node}` +
        " -o UserKnownHostsFile=/etc/dag-git/known_hosts";
    const url = `ssh://dags@${meshAddresses[node]}/srv/airflow/dags.git`;
    const { code, stdout, stderr } = await tryOn(
        first,
        `cd ${work} && export GIT_SSH_COMMAND='${ssh}' && began=$EPOCHREALTIME
        git push ${option} ${url} ${branch}; code=$?
        awk "BEGIN { print $EPOCHREALTIME - $began }"; exit $code`,
    );
    return { code, stderr, seconds: Number(stdout.trim()) };
}

/** A commit with one of the lab's DAGs; gives its id. */
async function commit(name: string): Promise<string> {
    const text = readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8");
    const made = await on(
        first,
        `cd ${work} && cat >${name}.py <<'DAG'\n${text}\nDAG
        date >changed && git add . && git commit --quiet --message ${name} && git rev-parse HEAD`,
    );
    return made.trim();
}

const tip = "git --git-dir=/srv/airflow/dags.git rev-parse refs/heads/airflow-ha/dags";

async function everywhere(id: string): Promise<void> {
    await eventually(
        `${id} on all`,
        async () => {
            const tips = await onAll(tip);
            return Object.values(tips).every((each) => each.trim() === id) ? true : undefined;
        },
        30_000,
        200,
    );
}

function unitStates(): Promise<Record<Node, string>> {
    return onAll("systemctl is-active dag-git dag-sync csync2.socket || true");
}

test("git's service runs and csync2's do not", async () => {
    for (const states of Object.values(await unitStates())) {
        expect(states.trim().split("\n")).toEqual(["active", "inactive", "inactive"]);
    }
});

test("a push is on all nodes, and a run on all of them is of its commit", async () => {
    const id = await commit("lab_spread");
    const { code, stderr, seconds } = await push(second);
    expect([code, stderr]).toEqual([0, expect.stringContaining("main -> main")]);
    console.log(`acknowledged after ${seconds.toFixed(2)} s`);
    await everywhere(id);

    const api = airflowApi(stack, third);
    const { run, state } = await runToEnd(api, "lab_spread");
    expect(state).toBe("success");
    const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(run)}`;
    expect(await api.call("GET", path)).toMatchObject({ bundle_version: id });
    const tasks = await api.tasks("lab_spread", run);
    expect([...new Set(tasks.map(({ hostname }) => hostname))].sort()).toEqual([...nodes].sort());
});

test("what does not build on the branch is refused, and so is another branch", async () => {
    const before = (await on(first, tip)).trim();
    await on(first, `cd ${work} && git commit --quiet --amend --message other`);
    const forced = await push(third, "--force");
    expect(forced.code).not.toBe(0);
    expect(forced.stderr).toContain(`does not build on ${before.slice(0, 12)}`);
    await on(first, `cd ${work} && git reset --quiet --hard ${before}`);
    const other = await push(third, "", "main:other");
    expect(other.stderr).toContain("only the branch main is taken here");
});

test("with a node off a push is taken, and the node has it when it is back", async () => {
    await lab(["stop", third]);
    const id = await commit("lab_hello");
    const pushed = await push(second).finally(() => lab(["start", third]));
    expect(pushed.code).toBe(0);
    expect(pushed.stderr).toContain(`${third} does not have it yet: does not answer`);
    console.log(`acknowledged after ${pushed.seconds.toFixed(2)} s`);
    await eventually(`${third} boots`, () => on(third, "true"));
    await everywhere(id);
    expect(await on(third, "dag-git status")).toContain(`${first}: in sync`);
    await healthy();
    expect((await runToEnd(airflowApi(stack, third), "lab_hello")).state).toBe("success");
});

test("a user's key runs git only, and the nodes' key opens no other login", async () => {
    const login = `ssh -i ${work}/.git/key -o BatchMode=yes -o HostKeyAlias=${second}`;
    const hosts = "-o UserKnownHostsFile=/etc/dag-git/known_hosts";
    const shell = await tryOn(first, `${login} ${hosts} dags@${meshAddresses[second]} id`);
    expect(shell.stderr).toContain("this login is for git and for /srv/airflow/dags.git only");
    const nodesKey = login.replace(`${work}/.git/key`, "/etc/dag-git/key -o IdentitiesOnly=yes");
    const asRoot = await tryOn(first, `${nodesKey} ${hosts} root@${meshAddresses[second]} id`);
    expect(asRoot.stderr).toContain("Permission denied");
});

test("back to csync2: git's service is gone, the folder is as it was", async () => {
    await lab(up);
    for (const states of Object.values(await unitStates())) {
        expect(states.trim().split("\n")).toEqual(["inactive", "active", "active"]);
    }
    await on(first, "test ! -e /var/lib/dag-git/.ssh/authorized_keys");
    await healthy();
});

test("a shared volume that is none is refused with the machine and the path", async () => {
    const shared = configured({ dags: { kind: "shared", path: "/srv/airflow/dags" } });
    const { code, stdout, stderr } = await tryLab([...up, "--color=never", ...shared]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(
        `error: path: /srv/airflow/dags is on the own disk of ${first}: no volume is mounted there`,
    );
});
