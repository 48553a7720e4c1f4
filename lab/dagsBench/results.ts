/** What was measured of one way. All figures are seconds; what is not there was not measured. */
export interface WayResult {
    name: string;
    title: string;
    /** Of each save, all nodes up; null for one that was not there in time: JSON has no Infinity. */
    allUp?: (number | null)[];
    /** The same with one node off. */
    oneDown?: (number | null)[];
    catchUp?: CatchUp;
    /** Of CPU, in a minute without a change, on all nodes together. */
    idleCpu?: number;
    /** From saving a DAG to its first task's start; null when there was none in time. */
    firstTask?: (number | null)[];
    /** In words, what only this way has to say. */
    figures: string[];
    /** Why not all was measured. */
    failed?: string;
}

export interface CatchUp {
    /** Saved while the node was off. */
    files: number;
    /** How many of them it had in the end. */
    arrived: number;
    /** From power on until its sshd answered. */
    sshd: number;
    /** From power on until it had all; not there when it did not get all. */
    all?: number;
}

/** Infinity and null are the same: not in time. */
export function forJson(seconds: number[]): (number | null)[] {
    return seconds.map((each) => (Number.isFinite(each) ? each : null));
}

export function fromJson(seconds: (number | null)[]): number[] {
    return seconds.map((each) => each ?? Infinity);
}
