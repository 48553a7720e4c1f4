import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, lab, nodes, on, tryLab } from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(15 * 60_000);

const folder = "/srv/airflow/dags";
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    const dag = readFileSync(join(root, "lab", "dags", "lab_hello.py"), "utf8");
    await on(nodes[0], `cat >${folder}/lab_hello.py <<'DAG'\n${dag}\nDAG`);
    await eventually("Airflow knows the DAG", () =>
        airflowApi(stack, nodes[0]).trigger("lab_hello"),
    );
});

describe.each(nodes)("with %s powered off", (off) => {
    const [one, other] = nodes.filter((node) => node !== off);
    const file = `${folder}/saved_without_${off}.txt`;

    beforeAll(() => lab(["stop", off]));

    test("status says so", async () => {
        const { code, stdout } = await tryLab(["status", "--json"]);
        expect(code).toBe(1);
        const status = JSON.parse(stdout) as { nodes: { name: string; power: string }[] };
        expect(status.nodes.map(({ name, power }) => [name, power])).toEqual(
            nodes.map((name) => [name, name === off ? "off" : "on"]),
        );
    });

    test("a DAG run that is triggered now succeeds", async () => {
        const api = airflowApi(stack, one);
        const { state } = await runToEnd(api, "lab_hello");
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
        await eventually(
            "all is healthy",
            async () => {
                const { code, stdout } = await tryLab(["status"]);
                if (code !== 0) {
                    throw new Error(stdout);
                }
                return true;
            },
            5 * 60_000,
        );
    });
});
