import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirflowApi } from "./airflow.ts";
import { stackOutputs } from "./outputs.ts";
import { root } from "./root.ts";
import { sshScript } from "./ssh.ts";

/** Saves a DAG on the first node, runs it and awaits its end. Gives the seconds from the save to the success. */
export async function firstDagRun(deadlineSeconds = 180): Promise<number> {
    const outputs = await stackOutputs();
    const node = outputs.nodes[0].name;
    const started = Date.now();
    const seconds = () => (Date.now() - started) / 1000;
    const dag = readFileSync(join(root, "lab", "dags", "lab_hello.py"), "utf8");
    await sshScript(node, `cat >/srv/airflow/dags/lab_hello.py <<'DAG'\n${dag}\nDAG\n`);
    const api = new AirflowApi({
        url: outputs.endpoints.web[node],
        certificate: outputs.certificate,
        ...outputs.credentials.airflow,
    });
    let run: string | undefined;
    let last: unknown;
    while (seconds() < deadlineSeconds) {
        try {
            run ??= await api.trigger("lab_hello");
            const state = await api.runState("lab_hello", run);
            if (state === "success") {
                return seconds();
            }
            last = `the run is ${state}`;
            if (state === "failed") {
                break;
            }
        } catch (error) {
            // Airflow does not know the DAG before a dag-processor has read it.
            last = error;
        }
        await pause(250);
    }
    throw new Error(`no successful DAG run within ${deadlineSeconds} s`, { cause: last });
}
