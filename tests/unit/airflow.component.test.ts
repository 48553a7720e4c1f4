import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { AirflowNode, AirflowSecrets, type Certificate } from "../../components/airflow";
import { DagSync } from "../../components/dagsync";
import { EtcdCluster } from "../../components/etcd";
import { PatroniPostgres, type Database } from "../../components/patroni";
import { RabbitCluster, type Broker } from "../../components/rabbit";
import { day, ownCertificate } from "../helpers/certificate";
import { meshNodes, record, type Registered } from "../helpers/mocks";

const names = ["node1", "node2", "node3"];

/** A component with one child: whoever depends on it depends on that. */
class Stub extends pulumi.ComponentResource {
    constructor(name: string) {
        super("test:index:Stub", name);
        new random.RandomPassword(`${name}-child`, { length: 32 }, { parent: this });
    }
}

/** Airflow on three nodes, on a database and a broker that are only named. */
async function airflow(settings: { workerConcurrency?: number } = {}): Promise<Registered[]> {
    return record(() => {
        const nodes = meshNodes();
        const database: Database = {
            name: "airflow",
            user: "airflow",
            password: pulumi.secret("database password"),
            host: "127.0.0.1",
            port: 5000,
            component: new Stub("database"),
        };
        const broker: Broker = {
            vhost: "airflow",
            user: "airflow",
            password: pulumi.secret("broker password"),
            port: 5672,
            hosts: nodes.map(({ name, meshAddress }) => ({ name, meshAddress })),
            component: new Stub("broker"),
        };
        const dags = new DagSync("dags", { nodes, path: "/srv/airflow/dags" });
        const secrets = new AirflowSecrets("airflow", { nodes });
        const made: AirflowNode[] = [];
        for (const node of nodes) {
            const previous = made.at(-1);
            const common = { node, nodes, database, broker, dags, secrets, previous };
            made.push(new AirflowNode(node.name, { ...common, ...settings }));
        }
    });
}

function find(all: Registered[], name: string): Registered {
    const found = all.find((each) => each.name === name);
    if (!found) {
        throw new Error(`no resource ${name}`);
    }
    return found;
}

const everywhere = [
    "airflow_dag_processor.py",
    "apply",
    "api-server",
    "await-database",
    "certificate",
    "config",
    "copy-logs",
    "dag-processor",
    "environment",
    "flower",
    "flower-environment",
    "haproxy",
    "haproxy-config",
    "hung",
    "install",
    "installer",
    "log-copies",
    "log-receiver",
    "log-socket",
    "logs",
    "receive-logs",
    "requirements",
    "run",
    "scheduler",
    "secrets",
    "start",
    "systemd_notify.py",
    "target",
    "triggerer",
    "watchdog",
    "worker",
];

test.each(names)("these are the children of %s", async (node) => {
    const all = await airflow();
    expect(find(all, node).type).toBe("airflow-ha:index:AirflowNode");
    const children = all.filter(({ parent }) => parent === node).map(({ name }) => name);
    const first = node === "node1" ? ["admin", "admin-password", "migrate"] : [];
    expect(children.sort()).toEqual(
        [...everywhere, ...first].map((what) => `${node}-${what}`).sort(),
    );
});

test("one migration for all: every node starts after it and after its own installation", async () => {
    const all = await airflow();
    const migrations = all.filter(({ name }) => name.endsWith("-migrate"));
    expect(migrations.map(({ name }) => name)).toEqual(["node1-migrate"]);
    expect(migrations[0].dependsOn).toEqual(
        expect.arrayContaining([
            "node1-install",
            "node1-secrets",
            "node1-config",
            "database-child",
        ]),
    );
    for (const node of names) {
        const start = find(all, `${node}-start`);
        expect(start.dependsOn).toEqual(
            expect.arrayContaining([
                "node1-migrate",
                `${node}-install`,
                `${node}-config`,
                `${node}-secrets`,
                `${node}-worker`,
                "database-child",
                "broker-child",
                "dags-node1-start",
            ]),
        );
    }
});

test("what tells Airflow where DAGs are is written when they are there: a restart would find a kind that was refused", async () => {
    const all = await airflow();
    for (const what of ["config", "environment", "dag-processor", "worker"]) {
        expect(find(all, `node2-${what}`).dependsOn).toContain("dags-node1-start");
    }
    // The database has a new password whether the DAGs are there or not.
    for (const what of ["requirements", "run", "install", "secrets", "flower-environment"]) {
        expect(find(all, `node2-${what}`).dependsOn).not.toContain("dags-node1-start");
    }
    expect(find(all, "node1-admin-password").dependsOn).not.toContain("dags-node1-start");
});

test("nodes are installed and started side by side, and take changes one after the other", async () => {
    const all = await airflow();
    for (const [at, node] of names.entries()) {
        const others = names.filter((other) => other !== node);
        const of = (what: string) => {
            const { dependsOn } = find(all, `${node}-${what}`);
            return dependsOn.filter((name) => name.startsWith("node")).join(" ");
        };
        expect(of("install")).not.toMatch(new RegExp(others.join("|")));
        expect(of("start").replace("node1-migrate", "")).not.toMatch(new RegExp(others.join("|")));
        const applied = find(all, `${node}-apply`).dependsOn.filter((name) => /apply/.test(name));
        expect(applied).toEqual(at === 0 ? [] : [`${names[at - 1]}-apply`]);
    }
});

test("starting leaves what runs, applying restarts what runs with older files", async () => {
    const all = await airflow();
    const create = (what: string) => find(all, `node1-${what}`).inputs.create;
    expect(create("start")).toMatch(/^API='http:\/\/10\.90\.0\.1:8080' RESTART='no' /);
    expect(create("apply")).toMatch(/^API='http:\/\/10\.90\.0\.1:8080' RESTART='yes' /);
});

test("secrets are secret, in files of root alone, and nothing else is", async () => {
    const all = await airflow();
    const secret = all.filter(({ parent, inputs }) => {
        return names.includes(parent) && typeof inputs.stdin === "object";
    });
    expect(secret.map(({ name }) => name).sort()).toEqual(
        names
            .flatMap((node) => [
                ...(node === "node1" ? ["node1-admin-password"] : []),
                `${node}-certificate`,
                `${node}-flower-environment`,
                `${node}-secrets`,
            ])
            .sort(),
    );
    for (const { inputs } of secret) {
        expect(inputs.stdin).toHaveProperty("secret");
        expect(inputs.create).toContain("chmod '0600'");
    }
    const commands = all.map(({ inputs }) => JSON.stringify([inputs.create, inputs.update]));
    expect(commands.join()).not.toMatch(/password of|database password|broker password/);
});

test("every node has the same keys", async () => {
    const all = await airflow();
    const keysOf = (node: string) => {
        const { secret } = find(all, `${node}-secrets`).inputs.stdin as { secret: string };
        return secret.split("\n").filter((line) => /FERNET|JWT|SECRET_KEY/.test(line));
    };
    expect(keysOf("node1")).toHaveLength(3);
    expect(keysOf("node2")).toEqual(keysOf("node1"));
    expect(keysOf("node3")).toEqual(keysOf("node1"));
});

test("a setting is in each node's airflow.cfg", async () => {
    const all = await airflow({ workerConcurrency: 3 });
    for (const node of names) {
        expect(find(all, `${node}-config`).inputs.stdin).toContain("\nworker_concurrency = 3\n");
    }
});

test("bad settings are one error", async () => {
    await expect(airflow({ workerConcurrency: 0 })).rejects.toThrow(
        /^node1 has 1 problem:\n {2}- workerConcurrency: got 0; allowed are 1 to 256 tasks at once$/,
    );
});

test("a node that PostgreSQL, RabbitMQ and the DAGs are not on is refused, and nothing of it is made", async () => {
    let refused: unknown;
    const all = await record(() => {
        const nodes = meshNodes(4);
        const three = nodes.slice(0, 3);
        const etcd = new EtcdCluster("etcd", { nodes: three });
        const databases = [{ name: "airflow" }];
        const postgres = new PatroniPostgres("postgres", { nodes: three, etcd, databases });
        const rabbit = new RabbitCluster("rabbit", { nodes: three, vhosts: ["airflow"] });
        try {
            new AirflowNode("node4", {
                node: nodes[3],
                nodes: three,
                database: postgres.database("airflow"),
                broker: rabbit.broker("airflow"),
                dags: new DagSync("dags", { nodes: three, path: "/srv/airflow/dags" }),
                secrets: new AirflowSecrets("airflow", { nodes }),
            });
        } catch (error) {
            refused = error;
        }
    });
    expect((refused as Error).message).toBe(
        [
            "node4 has 4 problems:",
            '  - node: got "node4"; allowed are the nodes of database: node1, node2, node3',
            '  - node: got "node4"; allowed are the nodes of broker: node1, node2, node3',
            '  - node: got "node4"; allowed are the nodes of dags: node1, node2, node3',
            '  - nodes: got ["node1","node2","node3"]; "node4" has to be among them',
        ].join("\n"),
    );
    expect(all.filter(({ parent }) => parent === "node4")).toEqual([]);
});

describe("AirflowSecrets", () => {
    test("makes five passwords and a certificate for all names and addresses", async () => {
        const all = await record(() => new AirflowSecrets("airflow", { nodes: meshNodes() }));
        const children = all.filter(({ parent }) => parent === "airflow").map(({ name }) => name);
        expect(children.sort()).toEqual([
            "airflow-admin-password",
            "airflow-api-secret-key",
            "airflow-certificate",
            "airflow-certificate-key",
            "airflow-fernet-key",
            "airflow-flower-password",
            "airflow-jwt-secret",
        ]);
        expect(find(all, "airflow-certificate").inputs).toMatchObject({
            dnsNames: names,
            ipAddresses: [
                "10.90.0.1",
                "10.90.0.2",
                "10.90.0.3",
                "198.18.0.1",
                "198.18.0.2",
                "198.18.0.3",
            ],
        });
    });

    test("takes the user's own certificate, and keeps its key secret", async () => {
        let secrets: AirflowSecrets | undefined;
        const own = await ownCertificate(new Date(Date.now() + day));
        const all = await record(() => {
            secrets = new AirflowSecrets("airflow", { nodes: meshNodes(), certificate: own });
        });
        expect(all.filter(({ type }) => type.startsWith("tls:"))).toEqual([]);
        expect(await pulumi.isSecret(secrets?.certificateKey ?? pulumi.output(""))).toBe(true);
        expect(await pulumi.isSecret(secrets?.certificate ?? pulumi.secret(""))).toBe(false);
    });

    test("makes nothing of what is no certificate; what is an output is not there yet", async () => {
        const made = (certificate: Certificate) =>
            record(() => new AirflowSecrets("airflow", { nodes: meshNodes(), certificate }));
        await expect(made({ certificate: "certificate", key: "key" })).rejects.toThrow(
            "airflow has 2 problems:\n" +
                "  - certificate.certificate: it is no PEM certificate\n" +
                "  - certificate.key: it is no PEM private key without a passphrase",
        );
        await expect(
            made({ certificate: "certificate", key: pulumi.secret("key") }),
        ).resolves.toHaveLength(6);
    });
});
