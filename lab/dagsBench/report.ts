import { markdownTable } from "../markdown.ts";
import { deadline, summaryOf } from "./records.ts";
import { fromJson, type CatchUp, type WayResult } from "./results.ts";

const absent = "-";

/** One line for each way; all but the counts are seconds. */
export function table(results: WayResult[]): string {
    const head = [
        ...["way", "all up: p50 s", "p99 s", "not there"],
        ...["one off: p50 s", "p99 s", "not there"],
        ...["back: s from power on", "from sshd"],
        ...["CPU s / idle min", "first task s"],
    ];
    const rows = results.map((result) => [
        result.title,
        ...cells(result.allUp),
        ...cells(result.oneDown),
        ...caughtUp(result.catchUp),
        result.idleCpu?.toFixed(2) ?? absent,
        firstTask(result.firstTask),
    ]);
    return markdownTable(head, rows);
}

/** p50, p99 and "3 of 200". */
function cells(saves: (number | null)[] | undefined): string[] {
    if (saves === undefined) {
        return [absent, absent, absent];
    }
    const { saves: all, p50, p99, missing } = summaryOf(fromJson(saves));
    return [seconds(p50), seconds(p99), `${missing} of ${all}`];
}

function caughtUp(catchUp: CatchUp | undefined): string[] {
    if (catchUp === undefined) {
        return [absent, absent];
    }
    const { files, arrived, sshd, all } = catchUp;
    return all === undefined
        ? [`${arrived} of ${files}`, absent]
        : [all.toFixed(1), (all - sshd).toFixed(1)];
}

/** Of several: the median and the worst. */
function firstTask(starts: (number | null)[] | undefined): string {
    if (starts === undefined) {
        return absent;
    }
    const all = fromJson(starts);
    const { p50 } = summaryOf(all);
    return `${p50.toFixed(1)} (worst ${Math.max(...all).toFixed(1)})`.replaceAll(
        "Infinity",
        "none",
    );
}

function seconds(value: number): string {
    return Number.isFinite(value) ? value.toFixed(2) : `> ${deadline}`;
}
