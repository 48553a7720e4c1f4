import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoveryText, type Recovered } from "../../components/recovery";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();
const all = ["etcd", "postgres", "rabbitmq"] as const;
const folder = mkdtempSync(join(tmpdir(), "airflow-ha-recovery-"));
const calls = join(folder, "calls");

afterAll(() => rmSync(folder, { recursive: true }));

/** A primary on node1 that is gone, whose two replicas were voters. */
const lost = {
    // Nobody answers.
    ping: "exit 1",
    etcdctl: `case "$*" in
        *sync) echo '{"leader": "node1", "sync_standby": "node2,node3", "quorum": 1}' ;;
        *status) echo '{"optime": 83886408}' ;;
        *) exit 1 ;;
        esac`,
    patronictl: `[ "$1" = list ] && echo '[]'`,
    runuser: "echo 0/5000148",
};

/** Runs node2's command among programs that write down how they are called and do nothing else. */
function run(what: Recovered, args: string[], programs: Record<string, string> = lost) {
    const path = mkdtempSync(join(folder, "bin-"));
    const quiet = {
        id: "echo 0",
        systemctl: "exit 0",
        rabbitmqctl: "exit 1",
        rm: "exit 0",
        timeout: 'shift; "$@"',
    };
    for (const [name, text] of Object.entries({ ...quiet, ...programs })) {
        const file = join(path, name);
        const note = name === "systemctl" || name === "rabbitmqctl" || name === "patronictl";
        writeFileSync(file, `#!/bin/sh\n${note ? `echo ${name} "$@" >>${calls}\n` : ""}${text}\n`);
        chmodSync(file, 0o755);
    }
    writeFileSync(calls, "");
    const command = join(path, `recover-${what}`);
    writeFileSync(command, recoveryText(what, nodes[1], nodes));
    const { status, stdout, stderr } = spawnSync("bash", [command, ...args], {
        encoding: "utf8",
        env: { PATH: `${path}:${process.env.PATH ?? ""}` },
    });
    const changes = readFileSync(calls, "utf8")
        .split("\n")
        .filter((call) => call !== "" && !call.startsWith("patronictl list"));
    return { code: status, stdout, stderr, changes };
}

test.each(all)("recover-%s says what it does, what is lost and how it ends", (what) => {
    const { code, stdout } = run(what, ["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: recover-${what} --others-are-gone`));
    expect(stdout).toContain("gone for good");
    expect(stdout).toContain("3 refused");
});

test.each(all)("recover-%s refuses what it does not know, and anybody but root", (what) => {
    const unknown = run(what, ["--force"]);
    expect([unknown.code, unknown.stderr.split("\n")[0]]).toEqual([2, "unknown option --force"]);
    const user = run(what, [], { ...lost, id: "echo 1000" });
    expect([user.code, user.stderr.split("\n")[0]]).toEqual([2, "this is for root"]);
});

test.each(all)("recover-%s refuses while another node answers, whatever it is told", (what) => {
    const ping = 'case "$*" in *10.90.0.3) exit 0 ;; *) exit 1 ;; esac';
    const args = ["--others-are-gone", ...(what === "postgres" ? ["--accept-loss"] : [])];
    const { code, stderr, changes } = run(what, args, { ...lost, ping });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^refused, nothing was changed: node3 \(10\.90\.0\.3\) answers\./);
    expect(changes).toEqual([]);
});

test.each(all)("recover-%s does nothing before it is told that the others are gone", (what) => {
    const { code, stderr, changes } = run(what, []);
    expect(code).toBe(3);
    expect(stderr).toMatch(
        /^refused, nothing was changed: no other node answers, which may also mean/,
    );
    expect(changes).toEqual([]);
});

test("recover-etcd refuses beside a majority, and has nothing to do where it is alone already", () => {
    const etcdctl = (members: string) => `case "$*" in "member list") printf '${members}' ;; esac`;
    const healthy = run("etcd", ["--others-are-gone"], {
        ...lost,
        etcdctl: etcdctl("a\\nb\\nc\\n"),
    });
    expect([healthy.code, healthy.stderr]).toEqual([
        3,
        "refused, nothing was changed: etcd has a majority\n",
    ]);
    const alone = run("etcd", [], { ...lost, etcdctl: etcdctl("a\\n") });
    expect([alone.code, alone.stderr]).toEqual([
        0,
        "etcd on node2 is a cluster of its own: nothing to do\n",
    ]);
    expect([...healthy.changes, ...alone.changes]).toEqual([]);
});

test("recover-etcd does not touch anything for a snapshot that is none", () => {
    const etcdutl = "echo no such file >&2; exit 1";
    const args = ["--others-are-gone", "--accept-loss", "/none"];
    const { code, stderr, changes } = run("etcd", args, { ...lost, etcdutl });
    expect(code).toBe(3);
    expect(stderr).toBe("refused, nothing was changed: /none is no sound snapshot: no such file\n");
    expect(changes).toEqual([]);
});

test("recover-etcd takes an older state of things only when what that may cost is accepted", () => {
    const { code, stderr, changes } = run("etcd", ["--others-are-gone", "/some.db"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/may have changed since \/some\.db was saved:.*--accept-loss/);
    expect(changes).toEqual([]);
});

test("recover-postgres says what may be lost before it is told to accept that", () => {
    const { code, stderr, changes } = run("postgres", ["--others-are-gone"]);
    expect(code).toBe(3);
    expect(stderr).toContain("node1 was the primary");
    expect(stderr).toContain("one of node2, node3 had it");
    expect(stderr).toContain("0/5000148");
    expect(stderr).toContain("--accept-loss");
    expect(changes).toEqual([]);
});

test("recover-postgres comes after recover-etcd", () => {
    const { code, stderr } = run("postgres", ["--others-are-gone"], {
        ...lost,
        patronictl: "exit 1",
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/recover-etcd first\n$/);
});

/** The primary's lease is over, and Patroni makes a primary of node2 when it is told to, or by itself. */
function patroni(byItself: boolean): string {
    const leader = `[{"Member": "node2", "Role": "Leader", "State": "running"}]`;
    const promoted = byItself ? `grep -q 'systemctl start patroni'` : `grep -q 'failover'`;
    return `[ "$1" = list ] || exit 0; ${promoted} ${calls} && echo '${leader}' || echo '[]'`;
}

test("recover-postgres promotes a replica that may lack commits only when told to", () => {
    const programs = { ...lost, patronictl: patroni(false) };
    const { code, changes } = run("postgres", ["--others-are-gone", "--accept-loss"], programs);
    expect(changes).toEqual([
        "systemctl start patroni",
        "patronictl failover --force --candidate node2",
    ]);
    expect(code).toBe(0);
});

test.each([
    ["was the primary", '{"leader": "node2", "sync_standby": "node1,node3", "quorum": 1}'],
    ["was the only replica", '{"leader": "node1", "sync_standby": "node2", "quorum": 0}'],
])("recover-postgres leaves it to Patroni where this node %s", (_, sync) => {
    const etcdctl = `case "$*" in *sync) echo '${sync}' ;; *) exit 1 ;; esac`;
    const programs = { ...lost, etcdctl, patronictl: patroni(true) };
    const { code, changes } = run("postgres", ["--others-are-gone"], programs);
    expect(changes).toEqual(["systemctl start patroni"]);
    expect(code).toBe(0);
});
