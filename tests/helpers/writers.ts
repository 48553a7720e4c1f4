import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, nodes, on, onAll, type Node } from "./lab";
import { root } from "./root";

/** What became of one row that a node's writer has sent. */
interface Row {
    outcome: "ack" | "unknown" | "refused";
    id: string;
    /** When it was sent, and when the outcome was known: seconds since 1970; all machines have the same clock. */
    began: number;
    at: number;
    /** Mesh address of the PostgreSQL that has acknowledged it. */
    server: string;
    writer: Node;
}

export interface Outcome {
    acknowledged: number;
    /** Acknowledged, and not there. */
    lost: string[];
    unknown: number;
    /** Seconds in which both the old and the new primary have acknowledged rows that were sent in them. */
    twoPrimaries: number;
    /** Seconds without an acknowledged row, the longest of the writers on surviving nodes. */
    gap: number;
}

const folder = "/var/lib/failover-writer";
const table = "psql -XAtq -d airflow -c";

/** Starts a writer on each node; what former ones have written is gone. */
export async function startWriters(password: string): Promise<void> {
    const primary = await leader();
    await on(
        primary,
        `runuser -u postgres -- ${table} 'SET ROLE airflow; DROP TABLE IF EXISTS failover; CREATE TABLE failover (id text PRIMARY KEY)'`,
    );
    const program = readFileSync(join(root, "tests", "helpers", "writer.py"), "utf8");
    await Promise.all(
        nodes.map((node) =>
            on(
                node,
                `systemctl stop failover-writer 2>/dev/null || true
                rm -rf ${folder} && mkdir -p ${folder}
                cat >${folder}/writer.py <<'PROGRAM'\n${program}\nPROGRAM
                systemd-run --quiet --collect --unit failover-writer python3 ${folder}/writer.py ${node} ${password} ${folder}/rows`,
            ),
        ),
    );
    await eventually("all writers write", async () => {
        const counts = await onAll(`grep -c ^ack ${folder}/rows`);
        return Object.values(counts).every((count) => Number(count) > 20) ? true : undefined;
    });
}

/** Ends the writers and says what they have seen; `old` was the primary. */
export async function stopWriters(old: Node, oldAddress: string): Promise<Outcome> {
    const written = await onAll(
        `systemctl stop failover-writer 2>/dev/null || true; cat ${folder}/rows`,
    );
    const rows = nodes.flatMap((writer) =>
        written[writer]
            .split("\n")
            .map((line) => line.split(" "))
            .filter((parts) => parts.length === 5)
            .map(([outcome, id, began, at, server]) => ({
                ...{ outcome, id, server, writer },
                began: Number(began),
                at: Number(at),
            })),
    ) as Row[];
    const there = new Set(
        (
            await on(await leader(), `runuser -u postgres -- ${table} 'SELECT id FROM failover'`)
        ).split("\n"),
    );
    const acknowledged = rows.filter(({ outcome }) => outcome === "ack");
    const firstOfNew = Math.min(
        ...acknowledged.filter(({ server }) => server !== oldAddress).map(({ at }) => at),
    );
    // One that it had been sent before, it may tell of when it goes on: that one is on a survivor.
    const lastOfOld = Math.max(
        0,
        ...acknowledged
            .filter(({ server, began }) => server === oldAddress && began > firstOfNew)
            .map(({ at }) => at),
    );
    return {
        acknowledged: acknowledged.length,
        lost: acknowledged.filter(({ id }) => !there.has(id)).map(({ id }) => id),
        unknown: rows.filter(({ outcome }) => outcome === "unknown").length,
        twoPrimaries: Math.max(0, lastOfOld - firstOfNew),
        gap: Math.max(
            ...nodes.filter((node) => node !== old).map((node) => longestGap(acknowledged, node)),
        ),
    };
}

function longestGap(acknowledged: Row[], node: Node): number {
    const times = acknowledged.filter(({ writer }) => writer === node).map(({ at }) => at);
    return Math.max(...times.slice(1).map((at, index) => at - times[index]));
}

/** The primary, as any node that answers says. */
export async function leader(): Promise<Node> {
    return eventually("a primary", async () => {
        for (const node of nodes) {
            const answer = await on(node, "timeout 10 patronictl list --format json", 15_000).catch(
                () => "[]",
            );
            const members = JSON.parse(answer) as { Member: Node; Role: string; State: string }[];
            const found = members.find(
                ({ Role, State }) => Role === "Leader" && State === "running",
            );
            if (found) {
                return found.Member;
            }
        }
        return undefined;
    });
}

/** Awaits one primary and two replicas that stream, one of them synchronous at least, and no fence. */
export async function whole(): Promise<void> {
    await eventually("the cluster is whole", async () => {
        await onAll(
            `patronictl list --format json | jq --exit-status '
                (map(select(.Role == "Leader" and .State == "running")) | length) == 1
                and (map(select(.State == "streaming")) | length) == 2 and any(.Role == "Quorum Standby")'
            timeout 10 etcdctl endpoint health --cluster
            ! nft list set inet airflow_ha_failover fenced | grep elements`,
        );
        return true;
    });
}
