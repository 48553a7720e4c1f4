import { configured } from "../helpers/config";
import { everywhere, GitClone, tip } from "../helpers/gitClone";
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
import { sshKeyPair } from "../helpers/sshKey";

jest.setTimeout(20 * 60_000);

const up = ["pulumi", "up", "--yes", "--skip-preview"];
const [first, second, third] = nodes;
const user = sshKeyPair();
const deploy = sshKeyPair();
const git = { kind: "git", authorizedKeys: [user.publicKey] };
/** A repository elsewhere: a user of its own on the second node, whom the nodes know nothing else of. */
const home = "/srv/upstream";
const url = `ssh://upstream@${meshAddresses[second]}${home}/dags.git`;
const noUpstream = "! id upstream >/dev/null 2>&1 || userdel --force --remove upstream";
const work = "/root/dags-of-a-user";
const clone = new GitClone(first, work);
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    await lab([...up, ...configured({ dags: git })]);
    await clone.make(user.privateKey);
});

afterAll(async () => {
    await clone.remove();
    // The lab is csync2's again, whatever has failed.
    await lab(up);
    await on(second, noUpstream);
    await healthy();
});

function unitStates(): Promise<Record<Node, string>> {
    return onAll("systemctl is-active dag-git dag-sync csync2.socket || true");
}

test("git's service runs and csync2's do not", async () => {
    for (const states of Object.values(await unitStates())) {
        expect(states.trim().split("\n")).toEqual(["active", "inactive", "inactive"]);
    }
});

test("a push is on all nodes, and a run on all of them is of its commit", async () => {
    const id = await clone.commit("lab_spread");
    const { code, stderr, began, ended } = await clone.push(second);
    expect([code, stderr]).toEqual([0, expect.stringContaining("main -> main")]);
    console.log(`acknowledged after ${(ended - began).toFixed(2)} s`);
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
    await clone.run("git commit --quiet --amend --message other");
    const forced = await clone.push(third, "--force");
    expect(forced.code).not.toBe(0);
    expect(forced.stderr).toContain(`does not build on ${before.slice(0, 12)}`);
    await clone.run(`git reset --quiet --hard ${before}`);
    const other = await clone.push(third, "", "main:other");
    expect(other.stderr).toContain("only the branch main is taken here");
});

test("with a node off a push is taken, and the node has it when it is back", async () => {
    await lab(["stop", third]);
    const id = await clone.commit("lab_hello");
    const pushed = await clone.push(second).finally(() => lab(["start", third]));
    // It does not answer or, where it was PostgreSQL's leader, is fenced off: then the connection is refused.
    expect([pushed.code, pushed.stderr]).toEqual([
        0,
        expect.stringContaining(`${third} does not have it yet: `),
    ]);
    console.log(`acknowledged after ${(pushed.ended - pushed.began).toFixed(2)} s`);
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

describe("with an upstream", () => {
    const key = { dagsUpstreamKey: deploy.privateKey };
    let upstream: { url: string; knownHosts: string; interval: number };

    beforeAll(async () => {
        const hostKey = await on(
            second,
            `${noUpstream}
            useradd --system --create-home --home-dir ${home} --shell /usr/bin/git-shell upstream
            usermod --password '*' upstream
            install -d -m 0700 -o upstream ${home}/.ssh
            install -m 0600 -o upstream /dev/stdin ${home}/.ssh/authorized_keys <<'KEYS'
${[user, deploy].map(({ publicKey }) => `restrict ${publicKey}`).join("\n")}
KEYS
            cd / && runuser -u upstream -- git init --quiet --bare --initial-branch=main ${home}/dags.git
            cut --delimiter=' ' --fields=1,2 /etc/ssh/ssh_host_ed25519_key.pub`,
        );
        upstream = { url, knownHosts: `${meshAddresses[second]} ${hostKey.trim()}`, interval: 5 };
        expect(await clone.push(url)).toMatchObject({ code: 0 });
    });

    test("a branch that it does not have is an error of `pulumi up` that names the setting", async () => {
        const dags = { ...git, upstream: { ...upstream, branch: "nothing" } };
        const args = [...up, "--color=never", ...configured({ dags, ...key })];
        const { code, stdout, stderr } = await tryLab(args);
        expect(code).not.toBe(0);
        const said = (stdout + stderr).match(/upstream\..*/g);
        expect([...new Set(said)]).toEqual([`upstream.branch: ${url} has no branch nothing`]);
    });

    test("its commit comes to all nodes without anybody's push", async () => {
        await lab([...up, ...configured({ dags: { ...git, upstream }, ...key })]);
        const id = await clone.commit("lab_spread");
        expect(await clone.push(url)).toMatchObject({ code: 0 });
        await everywhere(id);
        const { run, state } = await runToEnd(airflowApi(stack, third), "lab_spread");
        expect([run, state]).toEqual([run, "success"]);
    });

    // What `pulumi up` runs on each node, without the minute that it takes: here the settings are changed on one.
    test.each([
        [
            "a port where nobody listens",
            `.upstream.url |= sub("/srv"; ":1/srv")`,
            `upstream.url: ${url.replace("/srv", ":1/srv")} cannot be read: `,
        ],
        [
            "no repository",
            `.upstream.url |= sub("/dags.git"; "")`,
            `upstream.url: ${url.replace("/dags.git", "")} cannot be read: `,
        ],
        [
            "another key",
            `.upstream.ssh |= sub("/etc/dag-git/upstream.key"; "/etc/dag-git/key")`,
            `upstream.privateKey: ${url} does not go with it: `,
        ],
        [
            "another host key",
            `.upstream.ssh |= sub("UserKnownHostsFile=[^ ]+"; "UserKnownHostsFile=/dev/null")`,
            `upstream.knownHosts: ${url} does not go with it: `,
        ],
    ])("%s is one line that names the setting", async (_, change, says) => {
        const changed = "/tmp/changed.json";
        const { code, stderr } = await tryOn(
            first,
            `jq '${change}' /etc/dag-git/config.json >${changed}
            sed 's|/etc/dag-git/config.json|${changed}|' /usr/local/sbin/dag-git | sh -s check
            code=$?; rm ${changed}; exit $code`,
        );
        expect([code, stderr.trim().split("\n")]).toEqual([1, [expect.stringContaining(says)]]);
        console.log(stderr.trim());
    });
});

test("back to csync2: git's service is gone, the folder is as it was", async () => {
    await lab(up);
    for (const states of Object.values(await unitStates())) {
        expect(states.trim().split("\n")).toEqual(["inactive", "active", "active"]);
    }
    await on(first, "test ! -e /var/lib/dag-git/.ssh/authorized_keys");
    await healthy();
});

test("a shared volume that is none is refused with the machine and the path, and Airflow's settings stay", async () => {
    const settings = "sha256sum /etc/airflow/airflow.* /etc/systemd/system/airflow-*";
    const before = await onAll(settings);
    const shared = configured({ dags: { kind: "shared", path: "/srv/airflow" } });
    const { code, stdout, stderr } = await tryLab([...up, "--color=never", ...shared]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(
        `error: path: /srv/airflow is on the own disk of ${first}: no volume is mounted there`,
    );
    expect(await onAll(settings)).toEqual(before);
});
