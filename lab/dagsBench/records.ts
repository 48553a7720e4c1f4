import { quantile } from "../faults/gaps.ts";

/** Seconds after which a save counts as not there. */
export const deadline = 120;

/** Seconds since 1970 by file. */
export type Times = Map<string, number>;

/** Of lines "file, seconds". */
export function timesOf(lines: string[][]): Times {
    return new Map(lines.map(([name, time]) => [name, Number(time)]));
}

/** Seconds from each save to its being on all of the receivers; Infinity for one that was not there in time. */
export function delays(saved: Times, received: Times[]): number[] {
    return [...saved].map(([name, began]) => {
        const last = Math.max(...received.map((times) => times.get(name) ?? Infinity));
        return last - began > deadline ? Infinity : last - began;
    });
}

export interface Summary {
    saves: number;
    /** Seconds; Infinity when more than the rest was not there in time. */
    p50: number;
    p99: number;
    /** How many were not there in time. */
    missing: number;
}

/** A save that was not there in time is slower than every other one. */
export function summaryOf(seconds: number[]): Summary {
    return {
        saves: seconds.length,
        p50: quantile(seconds, 0.5),
        p99: quantile(seconds, 0.99),
        missing: seconds.filter((each) => each === Infinity).length,
    };
}

/** Seconds of CPU that units have had, of what `systemctl show` says: a line for each, in ns or "[not set]". */
export function cpuSeconds(lines: string): number {
    return lines
        .split("\n")
        .filter((line) => /^\d{1,18}$/.test(line.trim()))
        .reduce((sum, line) => sum + Number(line) / 1e9, 0);
}
