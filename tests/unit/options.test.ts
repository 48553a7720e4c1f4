import * as command from "@pulumi/command";
import * as hcloud from "@pulumi/hcloud";
import {
    DagSync,
    EtcdCluster,
    ExistingMachines,
    HetznerLoadBalancer,
    HetznerMachines,
    PatroniPostgres,
    RabbitCluster,
    WireGuardMesh,
} from "../../components";
import { meshNodes, record, type Registered } from "../helpers/mocks";

const hetzner = {
    locations: ["nbg1", "fsn1", "hel1"],
    serverType: "cx33",
    adminCidrs: ["203.0.113.0/24"],
};
const own = {
    machines: [{ name: "own", address: "203.0.113.8", hostKey: "ssh-ed25519 AAAA" }],
    privateKey: "key",
    adminCidrs: ["203.0.113.0/24"],
};

function below(all: Registered[], component: string): string[] {
    return all.filter(({ parent }) => parent === component).map(({ name }) => name);
}

describe("what depends on a component waits for the whole of it", () => {
    const nodes = meshNodes();
    const made = {
        hetzner: () => new HetznerMachines("it", hetzner),
        own: () => new ExistingMachines("it", own),
        balancer: () =>
            new HetznerLoadBalancer("it", {
                machines: new HetznerMachines("machines", {
                    ...hetzner,
                    privateCidr: "10.91.0.0/24",
                }).machines,
                domain: "example.com",
                dnsZone: "example.com",
            }),
        mesh: () => new WireGuardMesh("it", { machines: nodes }),
        etcd: () => new EtcdCluster("it", { nodes }),
        postgres: () =>
            new PatroniPostgres("it", {
                nodes,
                etcd: new EtcdCluster("etcd", { nodes }),
                databases: [{ name: "shop" }],
            }),
        rabbit: () => new RabbitCluster("it", { nodes, vhosts: ["shop"] }),
        dags: () => new DagSync("it", { nodes, path: "/srv/dags" }),
    };

    test.each(Object.entries(made))("%s", async (_, make) => {
        const all = await record(() => {
            new command.local.Command("after", {}, { dependsOn: make() });
        });
        const after = all.find(({ name }) => name === "after");
        const children = below(all, "it");
        expect(children.length).toBeGreaterThan(4);
        expect(after?.dependsOn).toEqual(expect.arrayContaining(children));
    });
});

test("protect and a provider reach the machines", async () => {
    const all = await record(() => {
        const project = new hcloud.Provider("project", { token: "token" });
        new HetznerMachines("it", hetzner, { protect: true, provider: project });
    });
    const cloud = all.filter(({ type }) => /^hcloud:index/.test(type));
    expect(cloud).toHaveLength(5);
    expect(new Set(cloud.map(({ provider }) => provider))).toEqual(new Set(["project"]));
    expect(new Set(cloud.map(({ protect }) => protect))).toEqual(new Set([true]));
});
