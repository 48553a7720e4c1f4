/**
 * The longest time between two neighbours of `times` that touches the span from `from` to `to`, in seconds. Before the
 * first and after the last of them the span's own ends count.
 */
export function longestGap(times: number[], from: number, to: number): number {
    const sorted = times.toSorted((a, b) => a - b);
    const before = sorted.findLast((time) => time <= from) ?? from;
    const after = sorted.find((time) => time >= to) ?? to;
    const within = sorted.filter((time) => time > from && time < to);
    const points = [before, ...within, after];
    return Math.max(...points.slice(1).map((point, index) => point - points[index]));
}

/**
 * Seconds during which at least two of the nodes said that they were primary. Each "yes" holds for `period` seconds, or
 * until the next one when that comes sooner.
 */
export function secondsWithTwo(yes: Record<string, number[]>, period: number): number {
    const events = Object.values(yes).flatMap((times) =>
        times
            .toSorted((a, b) => a - b)
            .flatMap((time, index, all) => [
                { time, change: 1 },
                { time: Math.min(time + period, all[index + 1] ?? Infinity), change: -1 },
            ]),
    );
    let [holders, since, seconds] = [0, 0, 0];
    for (const { time, change } of events.sort((a, b) => a.time - b.time || a.change - b.change)) {
        if (holders >= 2) {
            seconds += time - since;
        }
        holders += change;
        since = time;
    }
    return seconds;
}

/** The value below which the given part of the values is; `NaN` of none. */
export function quantile(values: number[], part: number): number {
    const sorted = values.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
