import { EtcdCluster } from "../../components/etcd";
import { meshNodes, record } from "../helpers/mocks";

const names = ["node1", "node2", "node3"];

/** What makes a member, and what stands beside it. */
const member = ["environment", "etcdctl", "install", "start"];
const beside = ["snapshot", "snapshot-unit", "snapshot-timer", "snapshots", "recovery"];

test("makes the same on every node, all beneath the component", async () => {
    const all = await record(() => new EtcdCluster("etcd", { nodes: meshNodes() }));
    const children = all.filter(({ name }) => name !== "etcd");
    expect(children.map(({ name, parent }) => `${parent}/${name}`).sort()).toEqual(
        names
            .flatMap((node) => [...member, ...beside].map((what) => `etcd/etcd-${node}-${what}`))
            .sort(),
    );
    expect(all[0].type).toBe("airflow-ha:index:EtcdCluster");
});

test("starts a member after its files, and no member after another: none is ready before a majority is", async () => {
    const all = await record(() => new EtcdCluster("etcd", { nodes: meshNodes() }));
    for (const node of names) {
        const start = all.find(({ name }) => name === `etcd-${node}-start`);
        expect(start?.dependsOn).toEqual(
            ["environment", "etcdctl", "install"].map((what) => `etcd-${node}-${what}`),
        );
    }
});

test("tells where the members are", async () => {
    let etcd: EtcdCluster | undefined;
    await record(() => (etcd = new EtcdCluster("etcd", { nodes: meshNodes() })));
    expect(etcd?.endpoints).toEqual(names.map((_, at) => `http://10.90.0.${at + 1}:2379`));
    expect(etcd?.hosts).toEqual(names.map((_, at) => `10.90.0.${at + 1}:2379`));
});

test("puts the timing into the members' files", async () => {
    const args = { nodes: meshNodes(), heartbeatInterval: 50, electionTimeout: 500 };
    const all = await record(() => new EtcdCluster("etcd", args));
    const environment = all.find(({ name }) => name === "etcd-node2-environment")?.inputs.stdin;
    expect(environment).toContain("ETCD_HEARTBEAT_INTERVAL=50\nETCD_ELECTION_TIMEOUT=500\n");
});

test("saves snapshots once the member takes part, and keeps as many as it is told", async () => {
    const args = { nodes: meshNodes(), snapshotsKept: 7 };
    const all = await record(() => new EtcdCluster("etcd", args));
    for (const node of names) {
        const snapshots = all.find(({ name }) => name === `etcd-${node}-snapshots`);
        expect(snapshots?.dependsOn).toContain(`etcd-${node}-start`);
    }
    const program = all.find(({ name }) => name === "etcd-node2-snapshot")?.inputs.stdin;
    expect(program).toContain(
        "ENDPOINT='http://10.90.0.2:2379' FOLDER='/var/lib/etcd-snapshots' KEPT='7'\n",
    );
});

test("tells each node's recovery command who the others are", async () => {
    const all = await record(() => new EtcdCluster("etcd", { nodes: meshNodes() }));
    const command = all.find(({ name }) => name === "etcd-node2-recovery")?.inputs;
    expect(command?.stdin).toContain(
        "ADDRESS='10.90.0.2' NODE='node2' OTHERS='node1=10.90.0.1 node3=10.90.0.3'\n",
    );
    expect(command?.create).toMatch(/^chmod '0755' .*\nmv .* '\/usr\/local\/sbin\/recover-etcd'$/m);
});

test("refuses two nodes before any of them is touched", async () => {
    const refused = record(() => new EtcdCluster("etcd", { nodes: meshNodes(2) }));
    await expect(refused).rejects.toThrow(/^etcd has 1 problem:\n {2}- nodes: got 2; /);
});
