import type { Evidence } from "./evidence.ts";
import { longestGap } from "./gaps.ts";

/** One fault as it was put in. Times are seconds since 1970. */
export interface Window {
    fault: number;
    name: string;
    repetition: number;
    at: number;
    /** When all was whole again. */
    until: number;
    /** Nodes that the fault took away. */
    down: string[];
    /** Nodes whose task processes it ended. */
    kills: string[];
    /** Why the cluster was not whole again in time, or why the fault could not be put in or taken back. */
    failed?: string;
    /** What the fault itself says must not be. */
    problems?: string[];
}

export interface Result extends Window {
    /** Seconds: the longest without an acknowledgement on any node that was not taken away. */
    gap: { rows: number; messages: number };
    /** Seconds from the fault to the next start of a task, on any node. */
    nextStart: number | null;
    lost: { rows: number; messages: number; runs: number };
    /** Rows that are there twice or without a reason, and tasks that ran twice at once. */
    doubled: { rows: number; messages: number; tasks: number };
    /** Messages that were delivered again: a broker may do so after a fault, and a consumer has to bear it. */
    redelivered: number;
    /** Rows and messages of which the client could not tell. */
    unknown: number;
    /** Runs that failed because a fault ended more attempts than the DAG's retries allow. */
    spentRuns: number;
    /** Attempts at tasks without an end that no fault explains. */
    unexplainedTasks: number;
    /** Attempts at tasks that had come to their end, in DAGs without retries. */
    repeatedTasks: number;
    /** Seconds from the fault until all was whole. */
    whole: number;
}

/** What each fault cost. What is not whole at its time belongs to one fault only, so the sums are right. */
export function resultsOf(windows: Window[], nodes: string[], evidence: Evidence): Result[] {
    const rows = evidence.rowBooks();
    const messages = evidence.messageBooks();
    const tasks = evidence.taskBooks(windows);
    const times = timesOf(evidence);
    return windows.map((window, index) => {
        const own = (time: number | undefined) => belongsTo(windows, time) === index;
        const count = <T>(all: T[], time: (each: T) => number | undefined) =>
            all.filter((each) => own(time(each))).length;
        const ids = (all: string[]) => count(all, (id) => times.get(id));
        const { records } = evidence;
        const next = records.tasks.map(({ started }) => started).filter((at) => at > window.at);
        const surviving = nodes.filter((node) => !window.down.includes(node));
        const gapOf = (attempts: typeof records.rows) =>
            Math.max(
                ...surviving.map((node) => {
                    const ok = attempts.filter(
                        (each) => each.node === node && each.outcome === "ok",
                    );
                    const ended = ok.map((each) => each.ended);
                    return longestGap(ended, window.at, window.until);
                }),
            );
        return {
            ...window,
            gap: { rows: gapOf(records.rows), messages: gapOf(records.messages) },
            nextStart: next.length > 0 ? Math.min(...next) - window.at : null,
            lost: {
                rows: count(rows.lost, ({ ended }) => ended),
                messages: count(messages.lost, ({ ended }) => ended),
                runs: count(tasks.lost, ({ ended }) => ended),
            },
            doubled: {
                rows: ids(rows.doubled) + ids(rows.unexplained),
                messages: ids(messages.unexplained),
                tasks: count(tasks.doubled, ({ started }) => started),
            },
            redelivered: ids(messages.doubled),
            unknown: count([...rows.unknown, ...messages.unknown], ({ ended }) => ended),
            spentRuns: count(tasks.spent, ({ ended }) => ended),
            unexplainedTasks: count(tasks.unexplained, ({ last }) => last),
            repeatedTasks: count(
                tasks.repeated.filter(({ dag }) => records.plan.retries[dag] === 0),
                ({ started }) => started,
            ),
            whole: window.until - window.at,
        };
    });
}

/** The latest fault that had begun by then, or the first one; what has no time belongs to the last one. */
function belongsTo(windows: Window[], time = Infinity): number {
    return Math.max(
        0,
        windows.findLastIndex(({ at }) => at <= time),
    );
}

function timesOf({ records }: Evidence): Map<string, number> {
    return new Map(
        [...records.rows, ...records.messages].map(({ session, number, ended }) => [
            `${session} ${number}`,
            ended,
        ]),
    );
}

/** Was all whole again, with nothing gone and nothing there twice that must not be? */
export function isClean(result: Result): boolean {
    const { lost, doubled, failed, problems = [], unexplainedTasks, repeatedTasks } = result;
    const odd = [unexplainedTasks, repeatedTasks];
    const counts = [...Object.values(lost), ...Object.values(doubled), ...odd];
    return failed === undefined && problems.length === 0 && counts.every((count) => count === 0);
}
