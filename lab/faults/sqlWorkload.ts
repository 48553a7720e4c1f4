import type { Cluster } from "./cluster.ts";
import { startProgram } from "./programs.ts";
import { attemptsOf, countsOf, type Attempt } from "./records.ts";

/** W1: a writer of rows on every node, and beside it a look at which nodes call themselves primary. */
export const sqlWorkload = {
    async start(cluster: Cluster): Promise<void> {
        // No key: a row that is there twice shall be seen.
        await cluster.query(`CREATE SCHEMA lab_faults;
CREATE TABLE lab_faults.rows (session text NOT NULL, number bigint NOT NULL);`);
        await startProgram(cluster, ["sql.py"]);
        await startProgram(cluster, ["roles.py"]);
    },

    attempts(cluster: Cluster): Attempt[] {
        return cluster.nodes.flatMap((node) => attemptsOf(node, cluster.journal(node, "sql")));
    },

    async found(cluster: Cluster): Promise<Map<string, number>> {
        const lines = await cluster.query(
            "SELECT session, number, count(*) FROM lab_faults.rows GROUP BY 1, 2;",
        );
        return countsOf(lines, true);
    },

    /** When each node called itself primary. */
    primaries(cluster: Cluster): Record<string, number[]> {
        return Object.fromEntries(
            cluster.nodes.map((node) => [
                node,
                cluster.journal(node, "roles").map(([time]) => Number(time)),
            ]),
        );
    },

    /** Waits for a standby that somebody has cancelled: PostgreSQL calls such commits committed, whoever knows of them. */
    async cancelledWaits(cluster: Cluster, since: number): Promise<string[]> {
        const what = "canceling wait for synchronous replication due to user request";
        const search = `set -o pipefail
journalctl --unit patroni --since @${Math.floor(since)} --output short-iso --quiet | awk '/${what}/'`;
        const journals = await Promise.all(
            cluster.nodes.map((node) =>
                cluster.on(node, search).catch(() => `${node}: its journal could not be read`),
            ),
        );
        return journals.flatMap((lines) => lines.split("\n")).filter((line) => line !== "");
    },

    async remove(cluster: Cluster): Promise<void> {
        await cluster.query(`SET client_min_messages = warning;
DROP SCHEMA IF EXISTS lab_faults CASCADE;`);
    },
};
