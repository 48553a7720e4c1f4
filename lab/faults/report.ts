import { markdownTable } from "../markdown.ts";
import { quantile } from "./gaps.ts";
import type { Result } from "./results.ts";

/** One line for each fault: of repetitions the median and the worst, or their sum. */
export function table(results: Result[]): string {
    const titles = [...new Set(results.map(title))];
    const rows = titles.map((each) => line(results.filter((result) => title(result) === each)));
    const head = [
        ...["fault", "rows: gap s", "messages: gap s", "next start s"],
        ...["lost", "doubled", "redelivered", "unknown", "whole s"],
    ];
    return markdownTable(head, rows);
}

function line(results: Result[]): string[] {
    const typical = (value: (each: Result) => number | null) => spread(results.map(value));
    const sum = (value: (each: Result) => number) =>
        results.reduce((total, each) => total + value(each), 0);
    return [
        title(results[0]),
        typical(({ gap }) => gap.rows),
        typical(({ gap }) => gap.messages),
        typical(({ nextStart }) => nextStart),
        counts({
            rows: sum(({ lost }) => lost.rows),
            messages: sum(({ lost }) => lost.messages),
            runs: sum(({ lost }) => lost.runs),
        }),
        counts({
            rows: sum(({ doubled }) => doubled.rows),
            messages: sum(({ doubled }) => doubled.messages),
            tasks: sum(({ doubled }) => doubled.tasks),
        }),
        String(sum(({ redelivered }) => redelivered)),
        String(sum(({ unknown }) => unknown)),
        results.some(({ failed }) => failed !== undefined) ? "NOT" : typical(({ whole }) => whole),
    ];
}

function title({ fault, name }: Result): string {
    return `${fault} ${name}`;
}

/** "0", or what of: "3 rows, 1 runs". */
function counts(of: Record<string, number>): string {
    const named = Object.entries(of).filter(([, count]) => count > 0);
    return named.map(([what, count]) => `${count} ${what}`).join(", ") || "0";
}

/** "4.2", of several "median 4.2, worst 6.0". */
function spread(values: (number | null)[]): string {
    const known = values.filter((value) => value !== null);
    if (known.length < values.length) {
        return "none";
    }
    return known.length === 1
        ? known[0].toFixed(1)
        : `${median(known).toFixed(1)} (worst ${Math.max(...known).toFixed(1)})`;
}

function median(values: number[]): number {
    return quantile(values, 0.5);
}
