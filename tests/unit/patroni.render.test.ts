import { parse } from "yaml";
import { failoverOf } from "../../components/patroni/failover";
import { defaultParameters } from "../../components/patroni/parameters";
import {
    clusterConfig,
    hostBasedAuthentication,
    nodeConfig,
    restApis,
    secretsConfig,
    superuserPgpass,
} from "../../components/patroni/render";
import { guardConfig, guardUnit } from "../../components/patroni/renderGuard";
import { haproxySections } from "../../components/patroni/renderHaproxy";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();
const lease = failoverOf();
const databases = [{ name: "airflow", owner: "airflow" }];

test("what differs between the nodes", () => {
    const hosts = nodes.map((node) => `${node.meshAddress}:2379`);
    expectGolden("patroni/node.yml", nodeConfig(nodes[0], hosts));
});

test("what a guard is told", () => {
    const etcd = nodes.map((node) => `http://${node.meshAddress}:2379`);
    const plan = { node: nodes[1], nodes, etcd, ...lease };
    expectGolden("patroni/failover.json", guardConfig(plan));
    expectGolden("patroni/patroni-failover.service", guardUnit());
});

test("what all nodes share", () => {
    expectGolden(
        "patroni/cluster.yml",
        clusterConfig(nodes, lease, databases, { ...defaultParameters, work_mem: "8MB" }),
    );
});

test("a parameter stays text where YAML 1.1, which Patroni reads, knows booleans and numbers", () => {
    const parameters = { jit: "off", enable_seqscan: "yes", "my.time": "22:30", seed: "010" };
    const text = clusterConfig(nodes, lease, databases, parameters);
    expect(parse(text, { version: "1.1" })).toMatchObject({
        bootstrap: { dcs: { postgresql: { parameters } } },
    });
});

test("passwords stand in a file of their own", () => {
    const passwords = { superuser: "s", replication: "r", rewind: "w", restapi: "a" };
    expectGolden("patroni/secrets.yml", secretsConfig(passwords));
    expect(superuserPgpass("s")).toBe("127.0.0.1:5000:*:postgres:s\n");
});

test("HAProxy leads to the primary and to the replicas", () => {
    expectGolden("patroni/haproxy.cfg", haproxySections(nodes, lease.checks));
});

test("nobody gets in from outside of the mesh, and each node gets in as its own replica", () => {
    const lines = hostBasedAuthentication(nodes, databases);
    expect(lines.filter((line) => line.startsWith("local"))).toEqual(["local all postgres peer"]);
    for (const line of lines.slice(1)) {
        expect(line).toMatch(/^host \w+ \w+ 10\.90\.0\.[123]\/32 scram-sha-256$/);
    }
    for (const node of nodes) {
        expect(lines).toContain(`host replication replicator ${node.meshAddress}/32 scram-sha-256`);
    }
});

test("the REST APIs as the settings script takes them", () => {
    expect(restApis(nodes.slice(0, 2))).toBe(
        "node1=http://10.90.0.1:8008 node2=http://10.90.0.2:8008",
    );
});
