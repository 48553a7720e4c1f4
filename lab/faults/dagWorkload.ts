import { AirflowApi } from "../airflow.ts";
import type { Plan } from "./books.ts";
import type { Cluster } from "./cluster.ts";
import { placed, source } from "./programs.ts";
import { taskAttemptsOf, type DagRun, type TaskAttempt } from "./records.ts";

const file = "/srv/airflow/dags/lab_faults.py";

/** W3: two DAGs, each run by Airflow itself every half a minute. */
export const dagWorkload = {
    plan: {
        retries: { lab_faults_retry: 1, lab_faults_once: 0 },
        tasks: ["short", "long"],
    } satisfies Plan,

    async start(cluster: Cluster): Promise<void> {
        await cluster.on(cluster.nodes[0], placed(file, source("lab_faults.py")));
        await cluster.await("the first task has started", () => this.attempts(cluster).length > 0);
    },

    attempts(cluster: Cluster): TaskAttempt[] {
        return cluster.nodes.flatMap((node) =>
            taskAttemptsOf(node, cluster.journal(node, "tasks/attempts")),
        );
    },

    async runs(cluster: Cluster): Promise<DagRun[]> {
        const lines = await cluster.query(`SELECT dag_id, run_id, state,
extract(epoch FROM start_date), extract(epoch FROM end_date), extract(epoch FROM queued_at)
FROM dag_run WHERE dag_id IN (${this.dags()
            .map((dag) => `'${dag}'`)
            .join()});`);
        const time = (text: string) => (text === "" ? undefined : Number(text));
        return lines.map(([dag, run, state, started, ended, queued]) => ({
            ...{ dag, run, state },
            started: time(started),
            ended: time(ended),
            queued: time(queued),
        }));
    },

    dags(): string[] {
        return Object.keys(this.plan.retries);
    },

    /**
     * Gives the runs that have begun time to end; which have not then is for the books. Later ones go on meanwhile:
     * Airflow does not end the runs of a DAG that is paused. Gives the time after which a run is a later one.
     */
    async finish(cluster: Cluster): Promise<number> {
        const [[last]] = await cluster.query("SELECT extract(epoch FROM now());");
        const ended = async () =>
            (await this.runs(cluster)).every(
                ({ state, queued = 0 }) =>
                    queued > Number(last) || /^(success|failed)$/.test(state),
            );
        await cluster.await("all runs have ended", ended, 300, 2).catch(() => undefined);
        cluster.throwIfInterrupted();
        return Number(last);
    },

    /** No task begins while it is paused; those that run do not end by it. */
    async pause(cluster: Cluster, paused: boolean): Promise<void> {
        for (const dag of this.dags()) {
            await callApi(cluster, "PATCH", `/dags/${dag}`, { is_paused: paused });
        }
    },

    async remove(cluster: Cluster): Promise<void> {
        // A DAG is not deleted while a task of it runs.
        await this.pause(cluster, true);
        await cluster.onAll(`rm -f ${file}`);
        for (const dag of this.dags()) {
            await callApi(cluster, "DELETE", `/dags/${dag}`);
        }
        await cluster.onAll("rm -rf /var/log/airflow/dag_id=lab_faults_*");
    },
};

/** At any node that answers, for two minutes. A DAG that is not there is none to be changed. */
export async function callApi(
    cluster: Cluster,
    method: string,
    path: string,
    body?: unknown,
): Promise<void> {
    const { nodes, endpoints, certificate, credentials } = cluster.outputs;
    let index = 0;
    await cluster.await(
        `${method} ${path}`,
        async () => {
            const { name } = nodes[index++ % nodes.length];
            const login = { url: endpoints.web[name], certificate, ...credentials.airflow };
            try {
                await new AirflowApi(login).call(method, path, body);
            } catch (error) {
                if (!/: 404 /.test(String(error))) {
                    throw error;
                }
            }
            return true;
        },
        120,
    );
}
