import { Evidence, type Records } from "../../lab/faults/evidence";
import { plot } from "../../lab/faults/plot";
import { countsOf, type Attempt } from "../../lab/faults/records";
import { table } from "../../lab/faults/report";
import { isClean, resultsOf, type Window } from "../../lab/faults/results";

const windows: Window[] = [
    { fault: 2, name: "first", repetition: 1, at: 10, until: 30, down: [], kills: [] },
    { fault: 3, name: "second", repetition: 1, at: 40, until: 60, down: ["b"], kills: ["b"] },
];

/** An acknowledgement each second of the ranges. */
function acknowledged(node: string, ...ranges: [number, number][]): Attempt[] {
    const seconds = ranges.flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index),
    );
    return seconds.map((number) => ({
        ...{ outcome: "ok", node, session: node, number, began: number, ended: number, why: "" },
    }));
}

function records(changes: Partial<Records> = {}): Records {
    const rows = [
        ...acknowledged("a", [0, 12], [17, 70]),
        ...acknowledged("b", [0, 12], [15, 41], [58, 70]),
    ];
    return {
        rows,
        rowsFound: countsOf(rows.map(({ session, number }) => [session, String(number)])),
        messages: [],
        messagesFound: new Map(),
        plan: { retries: { d: 1 }, tasks: ["t"] },
        tasks: [],
        runs: [],
        primaries: {},
        ...changes,
    };
}

function results(changes: Partial<Records> = {}) {
    return resultsOf(windows, ["a", "b"], new Evidence(records(changes)));
}

test("the gap is the longest of any node that was not taken away", () => {
    expect(results().map(({ gap }) => gap.rows)).toEqual([5, 1]);
    expect(results().map(({ whole }) => whole)).toEqual([20, 20]);
    expect(results().every(isClean)).toBe(true);
});

test("what is lost belongs to one fault and makes it unclean", () => {
    const { rowsFound } = records();
    rowsFound.delete("a 45");
    rowsFound.delete("b 5");
    const found = results({ rowsFound });
    expect(found.map(({ lost }) => lost.rows)).toEqual([1, 1]);
    expect(found.map(isClean)).toEqual([false, false]);
});

test("a row that is there twice makes a fault unclean", () => {
    const { rowsFound } = records();
    rowsFound.set("a 45", 2);
    expect(results({ rowsFound }).map(({ doubled }) => doubled.rows)).toEqual([0, 1]);
    expect(results({ rowsFound }).map(isClean)).toEqual([true, false]);
});

test("a run that never ends belongs to the last fault, and is lost", () => {
    const found = results({ runs: [{ dag: "d", run: "r", state: "running", started: 15 }] });
    expect(found.map(({ lost }) => lost.runs)).toEqual([0, 1]);
    expect(found.map(isClean)).toEqual([true, false]);
});

test("what did not become whole again is not clean", () => {
    const [first] = results();
    expect(isClean({ ...first, failed: "all is healthy: not within 300 s" })).toBe(false);
});

test("what a fault says must not be makes it unclean, and so does a task that ended for no reason", () => {
    const [first] = results();
    expect(isClean({ ...first, problems: ["acknowledged on both sides of the cut"] })).toBe(false);
    expect(isClean({ ...first, unexplainedTasks: 1 })).toBe(false);
});

test("a message that is delivered twice is not lost and not unclean, but counted", () => {
    const messages = acknowledged("a", [11, 12]);
    const messagesFound = countsOf([
        ["a", "11"],
        ["a", "11"],
        ["a", "12"],
    ]);
    const [first] = results({ messages, messagesFound });
    expect(first).toMatchObject({ redelivered: 1, lost: { messages: 0 } });
    expect(isClean(first)).toBe(true);
});

test("the table has one line for each fault, with the median and the worst", () => {
    const [first, second] = results();
    const slower = {
        ...first,
        gap: { rows: 9, messages: 2 },
        lost: { rows: 2, messages: 0, runs: 1 },
    };
    const lines = table([first, slower, slower, second]).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain("| 2 first");
    expect(lines[2]).toContain("9.0 (worst 9.0)");
    expect(lines[2]).toContain("4 rows, 2 runs");
    expect(lines[3]).toMatch(/\| 3 second +\| +1\.0 \|/);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test("the plot has a bar where there were acknowledgements, and none in a gap", () => {
    const { rows } = records();
    const svg = plot([results()[0]], ["a", "b"], { rows, messages: [] });
    expect(svg).toContain("2 first: longest gap 5.0 s (rows)");
    // Bars of half a second from 5 s before the fault on: those of a's rows.
    const path = /<text[^>]*>a rows<\/text><path[^>]*\/><path d="([^"]*)"/.exec(svg)?.[1] ?? "";
    const xs = [...path.matchAll(/M([\d.]+) /g)].map((match) => Number(match[1]));
    const wide = (1000 - 130 - 10) / 60;
    const seconds = xs.map((x) => 5 + Math.round((x - 130) / wide) / 2);
    expect(seconds).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 17, 18, 19, 20].concat(seconds.slice(12)));
    expect(seconds).not.toContain(14);
});
