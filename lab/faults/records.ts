/** What the workloads' files say. All times are seconds since 1970, on the one clock of the lab's computer. */

/** One row or one message that a client tried to store. */
export interface Attempt {
    /** "refused": surely not stored. "unknown": the client cannot tell. */
    outcome: "ok" | "refused" | "unknown";
    node: string;
    /** One life of one client; its attempts are numbered from 0. */
    session: string;
    number: number;
    began: number;
    ended: number;
    why: string;
}

/** One attempt at a task; without an end its process was ended by something else. */
export interface TaskAttempt {
    identity: string;
    node: string;
    dag: string;
    run: string;
    task: string;
    try: number;
    started: number;
    /** The last sign of life. */
    last: number;
    ended?: number;
}

/** A run as Airflow's database has it. */
export interface DagRun {
    dag: string;
    run: string;
    state: string;
    queued?: number;
    started?: number;
    ended?: number;
}

/** The key under which a row or message is looked for. */
export function idOf({ session, number }: Pick<Attempt, "session" | "number">): string {
    return `${session} ${number}`;
}

/** The lines of a file that is being written: the last one may not be whole yet. */
export function linesOf(text: string): string[][] {
    return text
        .slice(0, text.lastIndexOf("\n") + 1)
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split("\t"));
}

export function attemptsOf(node: string, lines: string[][]): Attempt[] {
    return lines.map(([outcome, session, number, began, ended, why]) => ({
        outcome: outcome as Attempt["outcome"],
        node,
        session,
        number: Number(number),
        began: Number(began),
        ended: Number(ended),
        why,
    }));
}

/** How often each id occurs in lines that begin with session and number, and may end in a count. */
export function countsOf(lines: string[][], counted = false): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [session, number, count] of lines) {
        const id = idOf({ session, number: Number(number) });
        counts.set(id, (counts.get(id) ?? 0) + (counted ? Number(count) : 1));
    }
    return counts;
}

export function taskAttemptsOf(node: string, lines: string[][]): TaskAttempt[] {
    const attempts = new Map<string, TaskAttempt>();
    for (const [event, identity, dag, run, task, number, at] of lines) {
        const time = Number(at);
        const attempt = attempts.get(identity) ?? {
            ...{ identity, node, dag, run, task, try: Number(number) },
            ...{ started: time, last: time },
        };
        attempts.set(identity, {
            ...attempt,
            last: time,
            ...(event === "end" ? { ended: time } : {}),
        });
    }
    return [...attempts.values()];
}
