import { eventually, healthy, lab, nodes, on, tryOn, type Node } from "../helpers/lab";
import { airflowApi, outputs, resources, runToEnd, type Outputs } from "../helpers/outputs";
import { saveDags } from "../helpers/tasks";
import { leader } from "../helpers/writers";

jest.setTimeout(15 * 60_000);

let stack: Outputs;
/** A replica, which is the harder case: the primary and the other voter are lost together. */
let survivor: Node;
let lost: Node[];

beforeAll(async () => {
    stack = await outputs();
    await saveDags(stack, "lab_hello");
    const primary = await leader();
    survivor = nodes.find((node) => node !== primary) ?? nodes[0];
    lost = nodes.filter((node) => node !== survivor);
    await sql("DROP TABLE IF EXISTS kept; CREATE TABLE kept (id int)");
});

/** Asks the primary through the survivor's HAProxy, for 10 s at most. */
function sql(statement: string): Promise<string> {
    const { user, password } = stack.credentials.postgres;
    const psql = `PGPASSWORD=${password} PGCONNECT_TIMEOUT=5 timeout 10 psql -XAtq -v ON_ERROR_STOP=1`;
    return on(survivor, `${psql} -h 127.0.0.1 -p 5000 -U ${user} -d airflow -c '${statement}'`);
}

/** Runs the command on the survivor: how it ended, and what it said. */
async function recover(what: string, ...options: string[]) {
    const { code, stderr } = await tryOn(survivor, `recover-${what} ${options.join(" ")}`);
    return { code, said: stderr };
}

test("every node has snapshots of etcd that only root and etcd can read, and takes more", async () => {
    for (const node of nodes) {
        const files = await on(
            node,
            `systemctl is-active etcd-snapshot.timer >&2
            for file in /var/lib/etcd-snapshots/*.db; do etcdutl snapshot status $file >&2; stat -c %a $file; done`,
        );
        expect(new Set(files.trim().split("\n"))).toEqual(new Set(["600"]));
    }
});

test("with all machines up the commands refuse", async () => {
    expect(await recover("etcd", "--others-are-gone")).toMatchObject({
        code: 3,
        said: expect.stringContaining("etcd has a majority") as string,
    });
    for (const what of ["postgres", "rabbitmq"]) {
        expect(await recover(what, "--others-are-gone")).toMatchObject({
            code: 3,
            said: expect.stringMatching(/airflow-\w+ \(10\.90\.0\.\d\) answers/) as string,
        });
    }
});

describe("with two machines gone for good, the primary's among them", () => {
    beforeAll(async () => {
        await sql("INSERT INTO kept VALUES (1)");
        await Promise.all(lost.map((node) => lab(["stop", node])));
    });

    test("nothing is written, and no command does anything before it is told that they are gone", async () => {
        await expect(sql("INSERT INTO kept VALUES (2)")).rejects.toThrow();
        for (const what of ["etcd", "rabbitmq"]) {
            expect((await recover(what)).code).toBe(3);
        }
    });

    test("etcd goes on alone with its keys", async () => {
        expect((await recover("etcd", "--others-are-gone")).code).toBe(0);
        expect((await recover("etcd", "--others-are-gone")).said).toContain("nothing to do");
        expect(await on(survivor, "etcdctl member list | wc -l")).toBe("1\n");
    });

    test("PostgreSQL goes on alone once what may be lost is accepted", async () => {
        const { code, said } = await recover("postgres", "--others-are-gone");
        expect([code, said]).toEqual([3, expect.stringContaining(`${survivor} may lack the last`)]);
        expect((await recover("postgres", "--others-are-gone", "--accept-loss")).code).toBe(0);
        expect((await recover("postgres")).said).toContain("nothing to do");
        const rows = () => sql("INSERT INTO kept VALUES (3); SELECT id FROM kept ORDER BY id");
        expect(await eventually("a commit", rows)).toBe("1\n3\n");
    });

    test("RabbitMQ goes on alone, as often as it is told to", async () => {
        expect((await recover("rabbitmq", "--others-are-gone")).code).toBe(0);
        expect((await recover("rabbitmq", "--others-are-gone")).code).toBe(0);
    });

    test("a DAG run succeeds on one machine", async () => {
        const { state } = await runToEnd(airflowApi(stack, survivor), "lab_hello");
        expect(state).toBe("success");
    });
});

test("the two machines are made anew by one up, and all is whole with what was written", async () => {
    const servers = (await resources()).filter(
        ({ type, outputs }) =>
            type === "hcloud:index/server:Server" && lost.includes(outputs?.name as Node),
    );
    expect(servers).toHaveLength(2);
    const options = servers.flatMap(({ urn }) => ["--replace", urn]);
    await lab(["pulumi", "up", "--yes", "--skip-preview", ...options]);
    await healthy();
    expect(await on(survivor, "etcdctl member list | grep -c 'started.*false$'")).toBe("3\n");
    await eventually("every queue can do without a node", () =>
        on(survivor, "rabbitmq-diagnostics --quiet check_if_node_is_quorum_critical"),
    );
    expect(await sql("SELECT id FROM kept ORDER BY id")).toBe("1\n3\n");
    await sql("DROP TABLE kept");
});
