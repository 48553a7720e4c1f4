import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthy, nodes, on, onAll, run, type Ran } from "../helpers/lab";

jest.setTimeout(20 * 60_000);

interface Result {
    fault: number;
    gap: { rows: number; messages: number };
    lost: object;
    doubled: object;
    failed?: string;
}

const out = mkdtempSync(join(tmpdir(), "faults-"));
const nothing = { rows: 0, messages: 0 };
// The power cut first: what it leaves to do goes on while the others are put in.
const faults = [3, 10, 9, 2, 1];
let ran: Ran;

beforeAll(async () => {
    const args = ["lab/faults.sh", "--only", faults.join(), "--out", out];
    ran = await run("bash", args, "", 18 * 60_000);
});

afterAll(() => rmSync(out, { recursive: true, force: true }));

test("no acknowledged row, no confirmed message, no run is lost, and nothing is done twice", () => {
    const text = readFileSync(join(out, "faults.json"), "utf8");
    const { results, acknowledged, books } = JSON.parse(text) as {
        results: Result[];
        acknowledged: Record<string, number>;
        books: object;
    };
    if (ran.code !== 0) {
        throw new Error(`${ran.stderr}${ran.stdout}${JSON.stringify(books, null, 2)}`);
    }
    expect(results).toEqual(
        faults.map(
            (fault) =>
                expect.objectContaining({
                    fault,
                    lost: { ...nothing, runs: 0 },
                    doubled: { ...nothing, tasks: 0 },
                }) as Result,
        ),
    );
    expect(Math.min(...Object.values(acknowledged))).toBeGreaterThan(0);
    // By the lease, the power cut would cost 20 s and more: the guards have acted.
    expect(results[0].gap.rows).toBeLessThan(15);
    expect(readFileSync(join(out, "faults.svg"), "utf8")).toContain("airflow-hel1 messages");
});

test("nothing of it stays, and the cluster is whole", async () => {
    const left = await onAll(
        "ls -d /var/lib/lab-faults /etc/systemd/system/lab-faults* /srv/airflow/dags/lab_faults* 2>/dev/null || :",
    );
    expect(Object.values(left)).toEqual(["", "", ""]);
    const queues = await on(nodes[0], "rabbitmqctl --quiet list_queues --vhost airflow name");
    expect(queues).not.toContain("lab_faults");
    const schemas = await on(
        nodes[0],
        `runuser -u postgres -- psql -XAtd airflow -c "select nspname from pg_namespace"`,
    );
    expect(schemas).toContain("public");
    expect(schemas).not.toContain("lab_faults");
    await healthy();
});
