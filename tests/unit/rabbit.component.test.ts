import * as pulumi from "@pulumi/pulumi";
import { RabbitCluster, type Broker } from "../../components/rabbit";
import { meshNodes, record, type Registered } from "../helpers/mocks";

const names = ["node1", "node2", "node3"];
const files = ["cookie", "config", "environment", "epmd", "definitions"];

/** What the files' contents come from. */
const passwords = [
    "rabbit-cookie",
    ...["admin", "airflow", "other"].map((user) => `rabbit-${user}-password`),
];

function rabbit(): Promise<Registered[]> {
    return record(
        () => new RabbitCluster("rabbit", { nodes: meshNodes(), vhosts: ["airflow", "other"] }),
    );
}

test("makes a password for each user and the same things on every node, all beneath the component", async () => {
    const all = await rabbit();
    const children = all.filter(({ name }) => name !== "rabbit");
    expect(children.map(({ name, parent }) => `${parent}/${name}`).sort()).toEqual(
        [
            ...passwords.map((name) => `rabbit/${name}`),
            ...names.flatMap((node) =>
                ["install", ...files, "recovery", "start", "apply"].map(
                    (what) => `rabbit/rabbit-${node}-${what}`,
                ),
            ),
            "rabbit/rabbit-configure",
        ].sort(),
    );
    expect(all[0].type).toBe("airflow-ha:index:RabbitCluster");
});

test("starts the nodes side by side, each after its own files", async () => {
    const all = await rabbit();
    for (const node of names) {
        expect(dependencies(all, `rabbit-${node}-start`)).toEqual(
            [...passwords, ...files.map((file) => `rabbit-${node}-${file}`)].sort(),
        );
        for (const file of files) {
            // The package's user has to be there, and the cookie before the first start.
            expect(dependencies(all, `rabbit-${node}-${file}`)).toContain(`rabbit-${node}-install`);
        }
    }
});

test("applies changed settings to one node after the other, and users after that, on one node", async () => {
    const all = await rabbit();
    const starts = names.map((node) => `rabbit-${node}-start`);
    expect(dependencies(all, "rabbit-node1-apply")).toEqual(expect.arrayContaining(starts));
    expect(dependencies(all, "rabbit-node2-apply")).toContain("rabbit-node1-apply");
    expect(dependencies(all, "rabbit-node3-apply")).toContain("rabbit-node2-apply");
    expect(dependencies(all, "rabbit-configure")).toEqual(
        expect.arrayContaining(["rabbit-node1-definitions", "rabbit-node3-apply"]),
    );
});

test("hides cookie and definitions, and only them", async () => {
    const all = await rabbit();
    const hidden = all.filter(({ inputs }) => isSecret(inputs.stdin)).map(({ name }) => name);
    expect(hidden.sort()).toEqual(
        names.flatMap((node) => [`rabbit-${node}-cookie`, `rabbit-${node}-definitions`]).sort(),
    );
    const modes = ["cookie", "definitions"].map(
        (file) =>
            /chown .*\nchmod .*/.exec(String(input(all, `rabbit-node1-${file}`, "create")))?.[0],
    );
    expect(modes).toEqual([
        `chown 'rabbitmq:rabbitmq' "$temporary"\nchmod '0400' "$temporary"`,
        `chown 'root:rabbitmq' "$temporary"\nchmod '0640' "$temporary"`,
    ]);
});

test("gives all nodes one cookie and the same definitions", async () => {
    const all = await rabbit();
    for (const file of ["cookie", "definitions"]) {
        const texts = names.map((node) =>
            JSON.stringify(input(all, `rabbit-${node}-${file}`, "stdin")),
        );
        expect(new Set(texts).size).toBe(1);
    }
});

test("tells a client of a virtual host all it needs, with a password that is a secret", async () => {
    let cluster: RabbitCluster | undefined;
    let broker: Broker | undefined;
    await record(() => {
        cluster = new RabbitCluster("rabbit", { nodes: meshNodes(), vhosts: ["airflow"] });
        broker = cluster.broker("airflow");
    });
    expect(broker).toMatchObject({
        vhost: "airflow",
        user: "airflow",
        port: 5672,
        hosts: names.map((name, at) => ({ name, meshAddress: `10.90.0.${at + 1}` })),
    });
    expect(broker?.component).toBe(cluster);
    expect(broker && (await pulumi.isSecret(broker.password))).toBe(true);
    expect(cluster && (await pulumi.isSecret(cluster.management.password))).toBe(true);
});

test("refuses a virtual host that it was not told of, the management user's name included", async () => {
    await record(() => {
        const cluster = new RabbitCluster("rabbit", { nodes: meshNodes(), vhosts: ["airflow"] });
        for (const name of ["celery", "admin"]) {
            expect(() => cluster.broker(name)).toThrow(
                `RabbitCluster has no virtual host "${name}", but airflow`,
            );
        }
    });
});

test("refuses two nodes before any of them is touched", async () => {
    const args = { nodes: meshNodes(2), vhosts: ["airflow"] };
    const refused = record(() => new RabbitCluster("rabbit", args));
    await expect(refused).rejects.toThrow(/^rabbit has 1 problem:\n {2}- nodes: got 2; /);
});

function dependencies(all: Registered[], name: string): string[] | undefined {
    return all.find((each) => each.name === name)?.dependsOn;
}

function input(all: Registered[], name: string, key: string): unknown {
    return all.find((each) => each.name === name)?.inputs[key];
}

function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && "secret" in value;
}
