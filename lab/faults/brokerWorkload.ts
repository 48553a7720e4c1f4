import { queue, type Cluster } from "./cluster.ts";
import { startProgram } from "./programs.ts";
import { attemptsOf, countsOf, idOf, type Attempt } from "./records.ts";

/** W2: on every node a publisher that waits for confirmations, and a consumer; one quorum queue for all. */
export const brokerWorkload = {
    async start(cluster: Cluster): Promise<void> {
        await startProgram(cluster, ["consume.py", "broker.py"]);
        await startProgram(cluster, ["publish.py", "broker.py"]);
    },

    attempts(cluster: Cluster): Attempt[] {
        return cluster.nodes.flatMap((node) =>
            attemptsOf(node, cluster.journal(node, "published")),
        );
    },

    found(cluster: Cluster): Map<string, number> {
        return countsOf(cluster.nodes.flatMap((node) => cluster.journal(node, "consumed")));
    },

    /** Until every confirmed message was delivered; what is not by then is lost. */
    async drained(cluster: Cluster): Promise<void> {
        const all = () => {
            const found = this.found(cluster);
            return this.attempts(cluster).every(
                (each) => each.outcome !== "ok" || found.has(idOf(each)),
            );
        };
        await cluster.await("every confirmed message is delivered", all, 60).catch(() => undefined);
    },

    async remove(cluster: Cluster): Promise<void> {
        await cluster.onAny(
            `rabbitmqctl --quiet list_queues --vhost airflow name | grep -qx ${queue} || exit 0
rabbitmqctl --quiet delete_queue --vhost airflow ${queue}`,
        );
    },
};
