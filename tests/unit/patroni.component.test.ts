import { EtcdCluster } from "../../components/etcd";
import { PatroniPostgres, type Database, type FailoverArgs } from "../../components/patroni";
import { meshNodes, record, type Registered } from "../helpers/mocks";

const names = ["node1", "node2", "node3"];
let database: Database | undefined;
let postgres: PatroniPostgres | undefined;

async function registered(
    parameters?: Record<string, string>,
    failover?: FailoverArgs,
): Promise<Registered[]> {
    return record(() => {
        const nodes = meshNodes();
        const etcd = new EtcdCluster("etcd", { nodes });
        const databases = [{ name: "airflow", owner: "flow" }];
        const settings = { databases, parameters, failover };
        postgres = new PatroniPostgres("postgres", { nodes, etcd, ...settings });
        database = postgres.database("airflow");
    });
}

function find(all: Registered[], name: string): Registered {
    const found = all.find((each) => each.name === name);
    if (!found) {
        throw new Error(`nothing is registered as ${name}`);
    }
    return found;
}

test("makes the same on every node, and the databases once", async () => {
    const children = (await registered()).filter(({ parent }) => parent === "postgres");
    const onEveryNode = [
        "install",
        "cluster",
        "node",
        "secrets",
        "start",
        "haproxy-config",
        "haproxy",
        "recovery",
        "guard",
        ...["decide", "etcd", "etcd_json", "signs", "guard", "config", "unit"].map(
            (what) => `guard-${what}`,
        ),
    ];
    expect(children.map(({ name }) => name).sort()).toEqual(
        [
            ...names.flatMap((node) => onEveryNode.map((what) => `postgres-${node}-${what}`)),
            ...["superuser", "replication", "rewind", "restapi", "airflow"].map(
                (whose) => `postgres-${whose}-password`,
            ),
            "postgres-pgpass",
            "postgres-settings",
            "postgres-airflow-password-file",
            "postgres-airflow",
        ].sort(),
    );
});

test("starts Patroni after etcd and its files, settles after all have started, makes databases last", async () => {
    const all = await registered();
    const dependencies = (name: string) => find(all, name).dependsOn;
    for (const node of names) {
        expect(dependencies(`postgres-${node}-start`)).toEqual(
            expect.arrayContaining([
                ...names.map((member) => `etcd-${member}-start`),
                ...["install", "cluster", "node", "secrets"].map(
                    (what) => `postgres-${node}-${what}`,
                ),
            ]),
        );
        expect(dependencies("postgres-settings")).toEqual(
            expect.arrayContaining([`postgres-${node}-start`, `postgres-${node}-cluster`]),
        );
    }
    expect(dependencies("postgres-airflow")).toEqual(
        expect.arrayContaining(["postgres-settings", "postgres-node1-haproxy", "postgres-pgpass"]),
    );
});

test("keeps passwords secret, in files that others cannot read, and shows the rest", async () => {
    const all = await registered();
    for (const name of [
        "postgres-node1-secrets",
        "postgres-pgpass",
        "postgres-airflow-password-file",
    ]) {
        const { stdin, create } = find(all, name).inputs;
        expect(stdin).toHaveProperty("secret");
        expect(create).toMatch(/^chmod '06[04]0' /m);
    }
    for (const what of ["node", "cluster", "haproxy-config"]) {
        expect(typeof find(all, `postgres-node1-${what}`).inputs.stdin).toBe("string");
    }
    expect(JSON.stringify(find(all, "postgres-airflow").inputs.create)).not.toContain(
        "password of",
    );
});

test("a changed parameter changes the text of one file a node, and makes only the settings script run", async () => {
    const [before, after] = [await registered(), await registered({ work_mem: "8MB" })];
    const changed = before.filter(
        ({ name, inputs }) =>
            JSON.stringify(inputs) !== JSON.stringify(find(after, name).inputs) &&
            name.startsWith("postgres-"),
    );
    expect(changed.map(({ name }) => name).sort()).toEqual([
        ...names.map((node) => `postgres-${node}-cluster`),
        "postgres-settings",
    ]);
    expect(find(after, "postgres-node1-cluster").inputs.stdin).toContain("work_mem: 8MB\n");
});

test("without a guard, those that are there are stopped and nothing else is other", async () => {
    const [before, after] = [
        await registered(undefined, { guard: true }),
        await registered(undefined, { guard: false }),
    ];
    const changed = before.filter(
        ({ name, inputs }) => JSON.stringify(inputs) !== JSON.stringify(find(after, name).inputs),
    );
    expect(changed.map(({ name }) => name).sort()).toEqual(
        names.map((node) => `postgres-${node}-guard`).sort(),
    );
    expect(find(after, "postgres-node1-guard").inputs.create).toBe("ENABLED='false' bash -s");
});

test("tells clients how to reach a database, and knows no other", async () => {
    await registered();
    expect(database).toMatchObject({
        name: "airflow",
        user: "flow",
        host: "127.0.0.1",
        port: 5000,
        nodes: names,
        outage: 30,
        component: postgres,
    });
    expect(() => postgres?.database("flow")).toThrow(
        'PatroniPostgres has no database "flow", only airflow',
    );
});

test("a second one on the same etcd is refused, and nothing of it is made", async () => {
    let refused: unknown;
    const all = await record(() => {
        const nodes = meshNodes();
        const etcd = new EtcdCluster("etcd", { nodes });
        const other = new EtcdCluster("other-etcd", { nodes });
        const databases = [{ name: "airflow" }];
        new PatroniPostgres("first", { nodes, etcd, databases });
        try {
            new PatroniPostgres("second", { nodes, etcd, databases });
        } catch (error) {
            refused = error;
        }
        new PatroniPostgres("third", { nodes, etcd: other, databases });
    });
    expect((refused as Error).message).toBe(
        "second has 1 problem:\n" +
            '  - etcd: "first" keeps its state in it; each PatroniPostgres needs an EtcdCluster of its own',
    );
    expect(all.filter(({ parent }) => parent === "second")).toEqual([]);
    expect(all.filter(({ parent }) => parent === "third")).not.toEqual([]);
});

test("guards are on, unless etcd has a member that their fence does not reach", async () => {
    let refused: unknown;
    const guard = (all: Registered[], of: string) => find(all, `${of}-node1-guard`).inputs.create;
    const all = await record(() => {
        const nodes = meshNodes(4);
        const databases = [{ name: "airflow" }];
        const within = new EtcdCluster("within", { nodes: nodes.slice(0, 3) });
        new PatroniPostgres("postgres", { nodes, etcd: within, databases });
        const beyond = new EtcdCluster("beyond", { nodes: nodes.slice(1) });
        const args = { nodes: nodes.slice(0, 3), etcd: beyond, databases };
        try {
            new PatroniPostgres("guarded", { ...args, failover: { guard: true } });
        } catch (error) {
            refused = error;
        }
        new PatroniPostgres("unguarded", args);
    });
    expect(guard(all, "postgres")).toBe("ENABLED='true' bash -s");
    expect(guard(all, "unguarded")).toBe("ENABLED='false' bash -s");
    expect((refused as Error).message).toBe(
        "guarded has 1 problem:\n" +
            "  - failover.guard: got true; etcd has a member on none of the nodes; allowed is false",
    );
});
