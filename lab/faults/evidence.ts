import { balance, taskBalance, type Outage, type Plan } from "./books.ts";
import { secondsWithTwo } from "./gaps.ts";
import type { Attempt, DagRun, TaskAttempt } from "./records.ts";

/** All that the workloads have written, and all that is there. */
export interface Records {
    rows: Attempt[];
    rowsFound: Map<string, number>;
    messages: Attempt[];
    messagesFound: Map<string, number>;
    plan: Plan;
    tasks: TaskAttempt[];
    runs: DagRun[];
    /** When each node called itself primary, five times a second. */
    primaries: Record<string, number[]>;
}

/** The records, and questions to them. */
export class Evidence {
    readonly records: Records;

    constructor(records: Records) {
        this.records = records;
    }

    rowBooks() {
        return balance(this.records.rows, this.records.rowsFound);
    }

    messageBooks() {
        return balance(this.records.messages, this.records.messagesFound);
    }

    taskBooks(outages: Outage[]) {
        const { plan, tasks, runs } = this.records;
        return taskBalance(plan, tasks, runs, outages);
    }

    /** Rows that a node's client was told between the two times to be stored, whenever it had begun. */
    commits(node: string, from: number, to: number): number {
        return told(this.records.rows, node, from, to);
    }

    confirms(node: string, from: number, to: number): number {
        return told(this.records.messages, node, from, to);
    }

    commitTimes(from: number, to: number): number[] {
        return acknowledged(this.records.rows, from, to).map(({ began, ended }) => ended - began);
    }

    refusals(from: number, to: number): number {
        return between(this.records.rows, from, to).filter(({ outcome }) => outcome === "refused")
            .length;
    }

    /** When the first of the nodes had a row acknowledged that it began after `since`. */
    firstCommit(nodes: string[], since: number): number {
        const ended = acknowledged(this.records.rows, since, Infinity)
            .filter(({ node }) => nodes.includes(node))
            .map(({ ended }) => ended);
        return Math.min(...ended);
    }

    /** Seconds from the begin of each run of that time to its first task's start. */
    startDelays(from: number, to: number): number[] {
        return this.records.runs.flatMap(({ dag, run, started }) => {
            const starts = this.records.tasks
                .filter((task) => task.dag === dag && task.run === run)
                .map((task) => task.started);
            return started !== undefined && started >= from && started <= to && starts.length > 0
                ? [Math.min(...starts) - started]
                : [];
        });
    }

    /** How long after the fault each task whose process it ended ran again. */
    restarts(at: number, until: number): string {
        const { tasks } = this.records;
        const ended = tasks.filter(
            (task) =>
                task.ended === undefined &&
                task.started < at + 1 &&
                task.last >= at - 3 &&
                task.last <= until,
        );
        const again = ended.flatMap((task) => {
            const next = tasks.filter(
                (each) => isSameTask(each, task) && each.started > task.started,
            );
            return next.length === 0 ? [] : [Math.min(...next.map(({ started }) => started)) - at];
        });
        const after = again.map((seconds) => ` after ${seconds.toFixed(0)} s`).join(",");
        return `${ended.length} running tasks ended by it, ${again.length} run again${after}`;
    }

    twoPrimaries(from: number, to: number): string {
        const within = Object.entries(this.records.primaries).map(
            ([node, times]) => [node, times.filter((time) => time >= from && time <= to)] as const,
        );
        const seconds = secondsWithTwo(Object.fromEntries(within), 0.4);
        return `two nodes called themselves primary for ${seconds.toFixed(1)} s`;
    }
}

function isSameTask(one: TaskAttempt, other: TaskAttempt): boolean {
    return one.dag === other.dag && one.run === other.run && one.task === other.task;
}

function between(attempts: Attempt[], from: number, to: number): Attempt[] {
    return attempts.filter(({ began }) => began >= from && began <= to);
}

function told(attempts: Attempt[], node: string, from: number, to: number): number {
    return attempts.filter(
        (each) =>
            each.node === node && each.outcome === "ok" && each.ended > from && each.ended < to,
    ).length;
}

function acknowledged(attempts: Attempt[], from: number, to: number): Attempt[] {
    return between(attempts, from, to).filter(({ outcome }) => outcome === "ok");
}
