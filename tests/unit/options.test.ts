import * as command from "@pulumi/command";
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import * as airflowHa from "../../components";
import {
    AirflowNode,
    AirflowSecrets,
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
import { hostKey, sshKey } from "../helpers/sshKey";

jest.setTimeout(60_000);

const hetzner = {
    locations: ["nbg1", "fsn1", "hel1"],
    serverType: "cx33",
    adminCidrs: ["203.0.113.0/24"],
};
const own = {
    machines: [{ name: "own", address: "203.0.113.8", hostKey }],
    privateKey: sshKey,
    adminCidrs: ["203.0.113.0/24"],
};
const nodes = meshNodes();
const databases = [{ name: "shop" }];

type Options = pulumi.ComponentResourceOptions;

/** Each component, named "it"; what it stands on has no options. */
const components: Record<string, (opts?: Options) => pulumi.ComponentResource> = {
    AirflowNode: (opts) => {
        const secrets = new AirflowSecrets("secrets", { nodes });
        const login = { user: "shop", password: pulumi.secret("password"), component: secrets };
        const args = {
            node: nodes[0],
            nodes,
            database: { ...login, name: "shop", host: "127.0.0.1" as const, port: 5000 },
            broker: { ...login, vhost: "shop", port: 5672, hosts: nodes },
            dags: new DagSync("dags", { nodes, path: "/srv/dags" }),
            secrets,
        };
        return new AirflowNode("it", args, opts);
    },
    AirflowSecrets: (opts) => new AirflowSecrets("it", { nodes }, opts),
    DagSync: (opts) => new DagSync("it", { nodes, path: "/srv/dags" }, opts),
    EtcdCluster: (opts) => new EtcdCluster("it", { nodes }, opts),
    ExistingMachines: (opts) => new ExistingMachines("it", own, opts),
    HetznerLoadBalancer: (opts) => {
        const { machines } = new HetznerMachines("machines", {
            ...hetzner,
            privateCidr: "10.91.0.0/24",
        });
        const args = { machines, domain: "example.com", dnsZone: "example.com" };
        return new HetznerLoadBalancer("it", args, opts);
    },
    HetznerMachines: (opts) => new HetznerMachines("it", hetzner, opts),
    PatroniPostgres: (opts) => {
        const etcd = new EtcdCluster("etcd", { nodes });
        return new PatroniPostgres("it", { nodes, etcd, databases }, opts);
    },
    RabbitCluster: (opts) => new RabbitCluster("it", { nodes, vhosts: ["shop"] }, opts),
    WireGuardMesh: (opts) => new WireGuardMesh("it", { machines: nodes }, opts),
};

test("every component is here", () => {
    const exported = Object.keys(airflowHa).filter((name) => name !== "ports");
    expect(Object.keys(components)).toEqual(exported.sort());
});

describe.each(Object.entries(components))("%s", (component, make) => {
    let all: Registered[];
    let children: Registered[];

    beforeAll(async () => {
        all = await record(() => {
            const providers = {
                command: new command.Provider("command-provider"),
                hcloud: new hcloud.Provider("hcloud-provider", { token: "token" }),
                random: new random.Provider("random-provider"),
                tls: new tls.Provider("tls-provider"),
            };
            const it = make({ protect: true, providers });
            new command.local.Command("after", {}, { dependsOn: it });
        });
        const type = `airflow-ha:index:${component}`;
        children = all.filter((each) => each.parent === "it" && each.parentType === type);
        expect(children.length).toBeGreaterThan(4);
    });

    test("what depends on it waits for the whole of it", () => {
        const after = all.find(({ name }) => name === "after");
        expect(after?.dependsOn).toEqual(
            expect.arrayContaining(children.map((child) => child.name)),
        );
    });

    test("protect and providers reach all that it makes, and nothing else", () => {
        for (const resource of all.filter(({ name }) => name !== "it")) {
            const { name, type, provider, protect } = resource;
            const reached = children.includes(resource);
            expect({ name, provider, protect }).toEqual({
                name,
                provider: reached ? `${type.split(":")[0]}-provider` : "",
                protect: reached,
            });
        }
    });
});

test("one provider reaches what is of its kind", async () => {
    const all = await record(() => {
        const project = new hcloud.Provider("project", { token: "token" });
        new HetznerMachines("it", hetzner, { provider: project });
    });
    const cloud = all.filter(({ type }) => /^hcloud:index/.test(type));
    expect(cloud).toHaveLength(5);
    expect(new Set(cloud.map(({ provider }) => provider))).toEqual(new Set(["project"]));
});
