import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, nodes, on, onAll } from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(10 * 60_000);

const folder = "/srv/airflow/dags";
const [first, second, third] = nodes;
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
});

function dag(name: string): string {
    return readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8");
}

test("a file that is saved, changed and deleted on one node is so on the others", async () => {
    const everywhere = (text: string) =>
        eventually(`"${text}" on all`, async () => {
            const read = await onAll(`cat ${folder}/sub/note.txt 2>/dev/null || echo gone`);
            return Object.values(read).every((each) => each.trim() === text) ? true : undefined;
        });
    await on(second, `mkdir -p ${folder}/sub && echo one >${folder}/sub/note.txt`);
    await everywhere("one");
    await on(third, `echo two >${folder}/sub/note.txt`);
    await everywhere("two");
    await on(first, `rm -r ${folder}/sub`);
    await everywhere("gone");
});

test("a DAG with thirty mapped tasks succeeds and runs on all three nodes", async () => {
    await on(second, `cat >${folder}/lab_spread.py <<'DAG'\n${dag("lab_spread")}\nDAG`);
    const api = airflowApi(stack, third);
    const { run, state } = await runToEnd(api, "lab_spread");
    expect(state).toBe("success");
    const tasks = await api.tasks("lab_spread", run);
    expect(tasks).toHaveLength(30);
    expect([...new Set(tasks.map(({ hostname }) => hostname))].sort()).toEqual([...nodes].sort());
});

test("a task's log is read through any node", async () => {
    const api = airflowApi(stack, first);
    const { run, state } = await runToEnd(api, "lab_spread");
    expect(state).toBe("success");
    const tasks = await api.tasks("lab_spread", run);
    for (const host of nodes) {
        const index = tasks.findIndex(({ hostname }) => hostname === host);
        expect(index).toBeGreaterThanOrEqual(0);
        const { map_index: mapIndex } = tasks[index];
        const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(run)}/taskInstances/step/logs/1`;
        const log = JSON.stringify(await api.call("GET", `${path}?map_index=${mapIndex}`));
        expect(log).toContain(host);
        expect(log).not.toMatch(/Could not read served logs/);
    }
});
