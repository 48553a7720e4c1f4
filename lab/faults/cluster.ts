import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { diskOf } from "../cloud/index.ts";
import { problems } from "../nodeStatus.ts";
import type { StackOutputs } from "../outputs.ts";
import { sshScript } from "../ssh.ts";
import { labStatus } from "../status.ts";
import { linesOf } from "./records.ts";

/** Where the workloads write, on each node. */
export const folder = "/var/lib/lab-faults";

/** W2's queue, in Airflow's virtual host. */
export const queue = "lab_faults";

/** Seconds since 1970: what the nodes' clocks show too. */
export function now(): number {
    return Date.now() / 1000;
}

interface Member {
    Member: string;
    Role: string;
    State: string;
}

/** The lab's nodes, as faults and workloads need them. All waits end when the run is interrupted. */
export class Cluster {
    readonly outputs: StackOutputs;
    readonly nodes: string[];
    private readonly signal: AbortSignal;

    constructor(outputs: StackOutputs, signal: AbortSignal) {
        this.outputs = outputs;
        this.nodes = outputs.nodes.map(({ name }) => name);
        this.signal = signal;
    }

    throwIfInterrupted(): void {
        this.signal.throwIfAborted();
    }

    /** Runs a bash script on a node as root; an error holds what it said. */
    on(node: string, script: string, seconds = 60): Promise<string> {
        this.signal.throwIfAborted();
        return sshScript(node, script, seconds * 1000);
    }

    onAll(script: string): Promise<string[]> {
        return Promise.all(this.nodes.map((node) => this.on(node, script)));
    }

    /** The answer of the first node that gives one. */
    async onAny(script: string, nodes = this.nodes): Promise<string> {
        let last: unknown;
        for (const node of nodes) {
            try {
                return await this.on(node, script, 20);
            } catch (error) {
                last = error;
            }
        }
        throw last;
    }

    /** For a fault that lasts a given time, and between two looks; every other wait is for a condition. */
    async last(seconds: number): Promise<void> {
        await delay(seconds * 1000, undefined, { signal: this.signal });
    }

    /** Asks until the answer is neither undefined nor false nor an error. */
    async await<T>(
        what: string,
        question: () => Promise<T | undefined | false> | T | undefined | false,
        seconds = 240,
        interval = 0.3,
    ): Promise<T> {
        const deadline = now() + seconds;
        let reason: unknown = "not yet";
        for (;;) {
            try {
                const answer = await question();
                if (answer !== undefined && answer !== false) {
                    return answer;
                }
            } catch (error) {
                reason = error;
            }
            this.signal.throwIfAborted();
            if (now() > deadline) {
                throw new Error(`${what}: not within ${seconds} s`, { cause: reason });
            }
            await this.last(interval);
        }
    }

    /** The lines of one of the workloads' files, from the node's disk: the node may be off. */
    journal(node: string, name: string): string[][] {
        const path = join(diskOf(node), folder, `${name}.tsv`);
        return existsSync(path) ? linesOf(readFileSync(path, "utf8")) : [];
    }

    /** A file on a node's disk, whether or not the node can be reached. */
    fileOn(node: string, path: string): string {
        return readFileSync(join(diskOf(node), path), "utf8");
    }

    async members(nodes = this.nodes): Promise<Member[]> {
        return JSON.parse(await this.onAny("patronictl list --format json", nodes)) as Member[];
    }

    /** Kills every process of a unit at once. */
    async kill(node: string, unit: string): Promise<void> {
        await this.on(node, `systemctl kill --kill-whom=all --signal=KILL ${unit}`);
    }

    async killPostmaster(node: string): Promise<void> {
        const file = "/var/lib/postgresql/17/airflow-ha/postmaster.pid";
        await this.on(node, `kill -KILL "$(head -n 1 ${file})"`);
    }

    /** By the word of the first of the nodes that answers. */
    async primary(nodes = this.nodes): Promise<string> {
        const members = await this.members(nodes);
        const leader = members.find(({ Role, State }) => Role === "Leader" && State === "running");
        if (leader === undefined) {
            throw new Error("there is no primary");
        }
        return leader.Member;
    }

    /** patronictl's exit code is 0 also when it could not. */
    async switchTo(node: string): Promise<void> {
        await this.onAny(`patronictl switchover --candidate ${node} --force`);
        await this.awaitPrimary((primary) => primary === node);
    }

    async awaitPrimary(fits: (node: string) => boolean, nodes = this.nodes): Promise<void> {
        await this.await("the primary", async () => fits(await this.primary(nodes)), 60);
    }

    async replicas(): Promise<string[]> {
        const primary = await this.primary();
        return this.nodes.filter((node) => node !== primary);
    }

    async standby(): Promise<string> {
        const standby = (await this.members()).find(({ Role }) => /^(Quorum|Sync) /.test(Role));
        if (standby === undefined) {
            throw new Error("there is no synchronous standby");
        }
        return standby.Member;
    }

    /** Where the leader of W2's queue is. */
    async queueLeader(): Promise<string> {
        const list = "list_queues --vhost airflow name leader --formatter json";
        const queues = JSON.parse(await this.onAny(`rabbitmqctl --quiet ${list}`)) as {
            name: string;
            leader: string;
        }[];
        return String(queues.find(({ name }) => name === queue)?.leader).replace(/^rabbit@/, "");
    }

    /** What one SQL query says, through any node's HAProxy, tab-separated. */
    async query(sql: string): Promise<string[][]> {
        const { user, password } = this.outputs.credentials.postgres;
        const script = `export PGPASSWORD=${password} PGCONNECT_TIMEOUT=5
psql -XAtq -F "$(printf '\\t')" -v ON_ERROR_STOP=1 -h 127.0.0.1 -p 5000 -U ${user} -d airflow <<'SQL'
${sql}
SQL
`;
        return linesOf(`${await this.onAny(script)}\n`);
    }

    /** Until all parts say that they are healthy, and all replicas stream, by the primary's own word. */
    async awaitHealthy(what: string, seconds = 240): Promise<void> {
        await this.await(what, () => this.isHealthy(), seconds, 2);
    }

    /** An error says what is not healthy. */
    private async isHealthy(): Promise<true> {
        const bad = problems((await labStatus()).nodes);
        if (bad.length > 0) {
            throw new Error(bad.join("; "));
        }
        const primary = await this.primary();
        const streaming = `runuser -u postgres -- psql -XAtc "select count(*) from pg_stat_replication where state = 'streaming'"`;
        const count = Number(await this.on(primary, streaming));
        if (count !== this.nodes.length - 1) {
            throw new Error(`${count} replicas stream from ${primary}`);
        }
        return true;
    }

    /** Has each of the nodes had an answer "ok" in these files to what it began after `since`? */
    acknowledged(nodes: string[], since: number, files = ["sql", "published"]): boolean {
        return nodes.every((node) =>
            files.every((file) =>
                this.journal(node, file).some(
                    ([outcome, , , began]) => outcome === "ok" && Number(began) > since,
                ),
            ),
        );
    }
}
