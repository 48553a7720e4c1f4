import {
    etcdctlWrapper,
    initialCluster,
    memberEnvironment,
    snapshotTimer,
    snapshotUnit,
} from "../../components/etcd/render";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();

test("the member's environment listens in the mesh only", () => {
    const text = memberEnvironment(nodes[0], { heartbeatInterval: 100, electionTimeout: 1000 });
    expectGolden("etcd/member.env", text);
    const listened = [...text.matchAll(/^ETCD_LISTEN_\w+=(.*)$/gm)].map(([, urls]) => urls);
    expect(listened).toEqual(["http://10.90.0.1:2379", "http://10.90.0.1:2380"]);
});

test("etcdctl asks all members", () => {
    expectGolden("etcd/etcdctl", etcdctlWrapper(nodes));
});

test("the founders are named with their peer URLs", () => {
    expect(initialCluster(nodes)).toBe(
        "node1=http://10.90.0.1:2380,node2=http://10.90.0.2:2380,node3=http://10.90.0.3:2380",
    );
});

test("a snapshot is saved every hour, by etcd's own user", () => {
    expectGolden("etcd/etcd-snapshot.service", snapshotUnit("/usr/local/lib/snapshot"));
    expectGolden("etcd/etcd-snapshot.timer", snapshotTimer());
});
