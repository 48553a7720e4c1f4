import { idOf, type Attempt, type DagRun, type TaskAttempt } from "./records.ts";

/** What became of rows or messages. */
export interface Balance {
    acknowledged: number;
    /** Acknowledged, and not there. */
    lost: Attempt[];
    /** There more than once. */
    doubled: string[];
    /** Their clients could not tell; either end is right. */
    unknown: Attempt[];
    /** There although the client was told no, or never tried. */
    unexplained: string[];
}

/** `found`: how often each id is there. */
export function balance(attempts: Attempt[], found: Map<string, number>): Balance {
    const of = (outcome: Attempt["outcome"]) =>
        attempts.filter((attempt) => attempt.outcome === outcome);
    const explained = new Set([...of("ok"), ...of("unknown"), ...inFlight(attempts)].map(idOf));
    return {
        acknowledged: of("ok").length,
        lost: of("ok").filter((attempt) => !found.has(idOf(attempt))),
        doubled: [...found].filter(([, times]) => times > 1).map(([id]) => id),
        unknown: of("unknown"),
        unexplained: [...found.keys()].filter((id) => !explained.has(id)),
    };
}

/** The one attempt of each session that its client may not have come to note: the one after its last. */
function inFlight(attempts: Attempt[]): Pick<Attempt, "session" | "number">[] {
    const last = new Map<string, number>();
    for (const { session, number } of attempts) {
        last.set(session, Math.max(number, last.get(session) ?? -1));
    }
    return [...last].map(([session, number]) => ({ session, number: number + 1 }));
}

/** The time of a fault, and the nodes whose task processes it ends. */
export interface Outage {
    at: number;
    until: number;
    kills: string[];
}

export interface TaskBalance {
    /** Runs that did not end well, of which Airflow says so without it having run, or of which it knows nothing any more. */
    lost: DagRun[];
    /** Failed because a fault ended more attempts of a task than it may have: only a retry could have saved them. */
    spent: DagRun[];
    /** Two attempts of one task at the same time; the later one of each pair. */
    doubled: TaskAttempt[];
    /** Attempts that a fault ended. */
    cut: TaskAttempt[];
    /** Attempts without an end that no fault explains. */
    unexplained: TaskAttempt[];
    /** Attempts at a task that had already come to its end. */
    repeated: TaskAttempt[];
}

/** Retries by DAG, and the tasks that each run has. */
export interface Plan {
    retries: Record<string, number>;
    tasks: string[];
}

export function taskBalance(
    plan: Plan,
    attempts: TaskAttempt[],
    runs: DagRun[],
    outages: Outage[],
): TaskBalance {
    const byTask = groupedByTask(attempts);
    const of = (run: DagRun, task: string) => byTask.get(key(run.dag, run.run, task)) ?? [];
    const isCut = (attempt: TaskAttempt) =>
        attempt.ended === undefined && outages.some((outage) => ends(outage, attempt));
    const isSpent = (run: DagRun) =>
        run.state === "failed" &&
        plan.tasks.some((task) => of(run, task).filter(isCut).length > plan.retries[run.dag]);
    const isDone = (run: DagRun) =>
        run.state === "success" &&
        plan.tasks.every((task) => of(run, task).some(({ ended }) => ended !== undefined));
    const groups = [...byTask.values()];
    return {
        lost: [...runs, ...vanished(attempts, runs)].filter((run) => !isDone(run) && !isSpent(run)),
        spent: runs.filter(isSpent),
        doubled: groups.flatMap(overlapping),
        cut: attempts.filter(isCut),
        unexplained: attempts.filter((each) => each.ended === undefined && !isCut(each)),
        repeated: groups.flatMap((group) =>
            group.filter((each) => group.some(({ ended }) => ended && ended <= each.started)),
        ),
    };
}

/** Runs that had tasks and are not in the database. */
function vanished(attempts: TaskAttempt[], runs: DagRun[]): DagRun[] {
    const known = new Set(runs.map(({ dag, run }) => key(dag, run, "")));
    const gone = attempts.filter(({ dag, run }) => !known.has(key(dag, run, "")));
    const byRun = new Map(gone.map((each) => [key(each.dag, each.run, ""), each]));
    return [...byRun.values()].map(({ dag, run, last }) => ({
        ...{ dag, run, ended: last },
        state: "not there",
    }));
}

/** Seconds between two signs of life of a task, with some room on a busy computer. */
const signOfLife = 3;

function ends({ at, until, kills }: Outage, { node, last }: TaskAttempt): boolean {
    return kills.includes(node) && last >= at - signOfLife && last <= until;
}

function groupedByTask(attempts: TaskAttempt[]): Map<string, TaskAttempt[]> {
    const groups = new Map<string, TaskAttempt[]>();
    for (const attempt of attempts.toSorted((a, b) => a.started - b.started)) {
        const of = key(attempt.dag, attempt.run, attempt.task);
        groups.set(of, [...(groups.get(of) ?? []), attempt]);
    }
    return groups;
}

/** In the order of their starts: those that began while an earlier one lived. */
function overlapping(group: TaskAttempt[]): TaskAttempt[] {
    return group.filter((each, index) =>
        group.slice(0, index).some((earlier) => earlier.last > each.started),
    );
}

function key(dag: string, run: string, task: string): string {
    return [dag, run, task].join("\t");
}
