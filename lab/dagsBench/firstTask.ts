import type { Cluster } from "../faults/cluster.ts";
import { callApi } from "../faults/dagWorkload.ts";
import { placed } from "../faults/programs.ts";
import { nodeSource, noted } from "./programs.ts";
import type { Way } from "./way.ts";

/** Of its own for each way: what one has run Airflow does not run again, and its tasks have noted already. */
function dagsOf({ name }: Way): string[] {
    return Array.from({ length: 10 }, (_, number) => `bench_dags_${name}_${number}`);
}

/** Seconds after which a DAG's first task counts as none. */
const patience = 180;

/**
 * Saves DAGs one after the other; each is run once as soon as Airflow knows it. Gives for each the seconds until its
 * task began, on whichever node; Infinity for one that did not.
 */
export async function firstTasks(cluster: Cluster, way: Way, saver: string): Promise<number[]> {
    const seconds: number[] = [];
    for (const dag of dagsOf(way)) {
        const text = nodeSource("first_task.py").replaceAll("DAG_ID", dag);
        const began = await cluster.on(
            saver,
            `set -e
cd ${way.folder}
date +%s.%N
${placed(`${dag}.py`, text)}
{ ${way.command ?? ":"}; } >&2`,
        );
        const started = () =>
            cluster.nodes.flatMap((node) => noted(node, `tasks/${dag}.tsv`)).at(0)?.[0];
        const at = await cluster
            .await(`${dag} has begun`, started, patience, 0.2)
            .catch((error: unknown) => {
                cluster.throwIfInterrupted();
                console.error(String(error));
                return Infinity;
            });
        seconds.push(Number(at) - Number(began.trim()));
    }
    return seconds;
}

/** Once their files are gone. */
export async function forgetFirstTasks(cluster: Cluster, ways: Way[]): Promise<void> {
    for (const dag of ways.filter(({ runs }) => runs).flatMap(dagsOf)) {
        await callApi(cluster, "DELETE", `/dags/${dag}`);
    }
}
