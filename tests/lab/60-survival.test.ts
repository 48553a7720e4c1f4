import { eventually, healthy, lab, nodes, on, tryLab, type Node } from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { patientOn, saveDags, secondAttempt } from "../helpers/tasks";

jest.setTimeout(15 * 60_000);

const folder = "/srv/airflow/dags";
const lock = 5;
const held = `select count(*) from pg_locks where locktype = 'advisory' and objid = ${lock} and granted`;
/** One in CI, where tests before and after this one take the power of others; SURVIVAL=all is for each in turn. */
const turns = process.env.SURVIVAL === "all" ? nodes : nodes.slice(0, 1);
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    await saveDags(stack, "lab_hello", "lab_patient", "lab_spread");
});

describe.each(turns)("with %s powered off", (off) => {
    const [one, other] = nodes.filter((node) => node !== off);
    const file = `${folder}/saved_without_${off}.txt`;
    /** A run of many short tasks that has ended, and one whose task was cut short there at `offAt`. */
    let spread: string;
    let patient: string;
    let offAt: number;
    /** What a query says, through a node's HAProxy. */
    const sql = (node: Node, query: string) => on(node, psql(`echo "${query}"`));
    const psql = (queries: string) => {
        const { user, password } = stack.credentials.postgres;
        return `export PGPASSWORD=${password}
            { ${queries}; } | psql -h 127.0.0.1 -p 5000 -U ${user} -d airflow -XAtq`;
    };

    beforeAll(async () => {
        // With the primary, its sessions would be gone as well. Its loss is a fault of its own: `npm run faults`.
        await on(
            off,
            `patronictl list | grep --quiet "${off} .* Leader" || exit 0
            patronictl switchover --candidate ${one} --force`,
        );
        await healthy();
        const open = psql(`echo "begin; select pg_advisory_xact_lock(${lock});"; sleep 900`);
        // Beside this login, which ends at once.
        await on(off, `{ ${open}; } </dev/null >/dev/null 2>&1 &`);
        await eventually("the lock is held", async () =>
            (await sql(one, held)) === "1\n" ? true : undefined,
        );
        spread = (await runToEnd(airflowApi(stack, one), "lab_spread")).run;
        patient = await patientOn(stack, off);
        offAt = Date.now() / 1000;
        await lab(["stop", off]);
    });

    test("status says so", async () => {
        const { code, stdout } = await tryLab(["status", "--json"]);
        expect(code).toBe(1);
        const status = JSON.parse(stdout) as { nodes: { name: string; power: string }[] };
        expect(status.nodes.map(({ name, power }) => [name, power])).toEqual(
            nodes.map((name) => [name, name === off ? "off" : "on"]),
        );
    });

    test("what its open transactions held is free", async () => {
        await eventually("the lock is free", async () =>
            (await sql(one, held)) === "0\n" ? true : undefined,
        );
    });

    test("the logs of its ended tasks can be read on both others", async () => {
        const ended = await eventually("Airflow answers", () =>
            airflowApi(stack, one).tasks("lab_spread", spread),
        );
        const { map_index: index = NaN } = ended.find(({ hostname }) => hostname === off) ?? {};
        const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(spread)}/taskInstances/step/logs/1`;
        for (const node of [one, other]) {
            const log = await eventually(`the log, from ${node}`, async () =>
                JSON.stringify(
                    await airflowApi(stack, node).call("GET", `${path}?map_index=${index}`),
                ),
            );
            expect(log).toContain(`.log@${off}`);
            expect(log).toContain(`step ${index} is done`);
        }
    });

    test("its task starts elsewhere", async () => {
        const { node, at } = await secondAttempt(stack, patient, one);
        expect([one, other]).toContain(node);
        console.log(`started elsewhere ${(at - offAt).toFixed(1)} s after ${off} lost its power`);
    });

    test("a DAG run that is triggered now succeeds", async () => {
        const { state } = await runToEnd(airflowApi(stack, one), "lab_hello");
        expect(state).toBe("success");
    });

    test("a file that is saved now is on the other node within 2 s", async () => {
        const seconds: number[] = [];
        for (const path of [file, `${file}.2`, `${file}.3`]) {
            const saved = await on(one, `echo saved >${path}; date +%s.%N`);
            const arrived = await eventually("the file", () => on(other, `stat -c %.9Z ${path}`));
            seconds.push(Number(arrived) - Number(saved));
        }
        // The median: one of them may meet a busy moment of the machine.
        expect(seconds.sort((a, b) => a - b)[1]).toBeLessThan(2);
    });

    test("powered on, it has the file within 30 s, and all is healthy again without a hand", async () => {
        await lab(["start", off]);
        // Both on the node's own clock: the start of its first process, and the file's arrival.
        const times = `stat -c %Z ${file} && date +%s --date "$(ps -o lstart= -p 1)"`;
        const answer = await eventually("the file", () => on(off, times));
        const [arrived, booted] = answer.trim().split("\n").map(Number);
        expect(arrived - booted).toBeLessThan(30);
        await healthy();
    });
});
