import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, nodes, on, type Node } from "./lab";
import { airflowApi, type Outputs } from "./outputs";
import { root } from "./root";

/** An attempt at the only task of lab_patient. */
interface Attempt {
    state: string;
    hostname: string;
    try_number: number;
    start_date: string;
}

/** Saves DAGs of lab/dags on the first node, and waits until Airflow knows them. */
export async function saveDags(stack: Outputs, ...names: string[]): Promise<void> {
    for (const name of names) {
        const dag = readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8");
        await on(nodes[0], `cat >/srv/airflow/dags/${name}.py <<'DAG'\n${dag}\nDAG`);
        await eventually(`Airflow knows ${name}`, () => airflowApi(stack, nodes[0]).trigger(name));
    }
}

/** A run of lab_patient whose task has just begun on this node; workers take them in no order. */
export function patientOn(stack: Outputs, node: Node): Promise<string> {
    return eventually(`a task on ${node}`, async () => {
        const run = await airflowApi(stack, nodes[0]).trigger("lab_patient");
        const { hostname } = await eventually("its task", async () =>
            (await attempts(stack, run, nodes[0])).find(({ state }) => state === "running"),
        );
        return hostname === node ? run : undefined;
    });
}

/** Where the second attempt runs, and since when in seconds since 1970; asked on a node that is up. */
export async function secondAttempt(
    stack: Outputs,
    run: string,
    asked: Node,
): Promise<{ node: string; at: number }> {
    const attempt = await eventually(
        "the second attempt",
        async () =>
            (await attempts(stack, run, asked)).find(
                ({ state, try_number: number }) => state === "running" && number === 2,
            ),
        5 * 60_000,
    );
    return { node: attempt.hostname, at: Date.parse(attempt.start_date) / 1000 };
}

async function attempts(stack: Outputs, run: string, asked: Node): Promise<Attempt[]> {
    const path = `/dags/lab_patient/dagRuns/${encodeURIComponent(run)}/taskInstances/wait/tries`;
    const answer = await airflowApi(stack, asked).call("GET", path);
    return (answer as { task_instances: Attempt[] }).task_instances;
}
