import { DagSync, type GitUpstream } from "../../components/dagsync";
import { EtcdCluster } from "../../components/etcd";
import { meshNodes, record, type Registered } from "../helpers/mocks";
import { sshKey, userKey } from "../helpers/sshKey";

const names = ["node1", "node2", "node3"];
const ssh: GitUpstream = {
    url: "git@example.com:us/dags.git",
    privateKey: sshKey,
    knownHosts: `example.com ${userKey}`,
};

function repository(upstream?: GitUpstream, nodes = meshNodes()): Promise<Registered[]> {
    return record(() => {
        const etcd = new EtcdCluster("etcd", { nodes });
        const authorizedKeys = [userKey];
        return new DagSync("dags", { kind: "git", nodes, etcd, authorizedKeys, upstream });
    });
}

function find(all: Registered[], name: string): Registered | undefined {
    return all.find((each) => each.name === name);
}

const programs = [
    "branch",
    "etcd_json",
    "follow",
    "git",
    "peers",
    "receive",
    "repository",
    "status",
    "systemd_notify",
];
const others = ["install", "upstream", "hook", "serve", "command", "config", "unit", "key", "ssh"];
const onEveryNode = [...programs, ...others, "known-hosts", "authorized-keys", "start"];

test("makes one key, and the same things on every node", async () => {
    const all = await repository();
    const children = all.filter(({ name }) => name.startsWith("dags-"));
    expect(children.map(({ name, parent }) => `${parent}/${name}`).sort()).toEqual(
        [
            "dags/dags-git-key",
            ...names.flatMap((node) => onEveryNode.map((what) => `dags/dags-git-${node}-${what}`)),
        ].sort(),
    );
});

test("starts on no node before every node lets the others in, and stops when it is not wanted any more", async () => {
    const start = find(await repository(), "dags-git-node2-start");
    for (const node of names) {
        expect(start?.dependsOn).toEqual(
            expect.arrayContaining(
                ["install", "authorized-keys", "git"].map((what) => `dags-git-${node}-${what}`),
            ),
        );
    }
    expect(start?.inputs.delete).toBe(
        "systemctl disable --quiet --now dag-git; ! systemctl --quiet is-active dag-git",
    );
});

test("hides the two private keys, which git's user alone may read, and nothing else", async () => {
    const all = await repository(ssh);
    const hidden = all.filter(
        ({ inputs: { stdin } }) => typeof stdin === "object" && stdin !== null,
    );
    expect(hidden.map(({ name }) => name).sort()).toEqual(
        names.flatMap((node) => ["key", "upstream-key"].map((what) => `dags-git-${node}-${what}`)),
    );
    for (const { inputs } of hidden) {
        expect(inputs.create).toContain(`chown 'dags:dags' "$temporary"\nchmod '0600'`);
    }
});

test("pins the nodes' host keys by their names", async () => {
    expect(find(await repository(), "dags-git-node3-known-hosts")?.inputs.stdin).toBe(
        names.map((node) => `${node} ssh-ed25519 key of ${node}\n`).join(""),
    );
});

test("bad settings are refused before any node is touched", async () => {
    const refused = repository({ url: "https://user:word@example.com/x" });
    await expect(refused).rejects.toThrow(/^dags has 1 problem:\n {2}- upstream\.url: https/);
});

test("a shared volume is marked on the first node and looked for on the others", async () => {
    const path = "/mnt/volume/dags";
    const all = await record(
        () => new DagSync("dags", { kind: "shared", nodes: meshNodes(), path }),
    );
    expect(all.map(({ name }) => name)).toEqual([
        "dags",
        "dags-shared-node1-mark",
        "dags-shared-node2-check",
        "dags-shared-node3-check",
    ]);
    expect(all[2].inputs.create).toBe(
        "DAGS='/mnt/volume/dags' FIRST='node1' MARK='.airflow-ha-dags' " +
            "WRITTEN='output of dags-shared-node1-mark' bash -s",
    );
});

test("csync2's services stop when another kind takes over", async () => {
    const path = "/srv/airflow/dags";
    const all = await record(() => new DagSync("dags", { nodes: meshNodes(), path }));
    expect(find(all, "dags-node1-start")?.inputs.delete).toContain("--now dag-sync;");
    expect(find(all, "dags-node1-listen")?.inputs.delete).toContain("--now csync2.socket;");
});
