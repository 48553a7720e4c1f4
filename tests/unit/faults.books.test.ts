import { balance, taskBalance, type Plan } from "../../lab/faults/books";
import { longestGap, quantile, secondsWithTwo } from "../../lab/faults/gaps";
import {
    attemptsOf,
    countsOf,
    linesOf,
    taskAttemptsOf,
    type Attempt,
    type DagRun,
    type TaskAttempt,
} from "../../lab/faults/records";

function attempt(number: number, outcome: Attempt["outcome"] = "ok"): Attempt {
    return {
        outcome,
        node: "a",
        session: "a-1",
        number,
        began: number,
        ended: number + 0.1,
        why: "",
    };
}

function found(...numbers: number[]): Map<string, number> {
    return countsOf(numbers.map((number) => ["a-1", String(number)]));
}

describe("rows and messages", () => {
    test("all that was acknowledged is there once", () => {
        expect(balance([attempt(0), attempt(1)], found(0, 1))).toEqual({
            acknowledged: 2,
            lost: [],
            doubled: [],
            unknown: [],
            unexplained: [],
        });
    });

    test("an acknowledged row that is missing is lost", () => {
        expect(balance([attempt(0), attempt(1)], found(1)).lost).toEqual([attempt(0)]);
    });

    test("an unknown outcome is right either way, and is no acknowledgement", () => {
        for (const there of [found(0), found(0, 1)]) {
            const books = balance([attempt(0), attempt(1, "unknown")], there);
            expect(books).toMatchObject({ acknowledged: 1, lost: [], unexplained: [] });
            expect(books.unknown).toEqual([attempt(1, "unknown")]);
        }
    });

    test("a row that is there twice is doubled", () => {
        expect(balance([attempt(0)], found(0, 0)).doubled).toEqual(["a-1 0"]);
    });

    test("what was refused must not be there", () => {
        const attempts = [attempt(0, "refused"), attempt(1)];
        expect(balance(attempts, found(0, 1)).unexplained).toEqual(["a-1 0"]);
    });

    test("only the attempt after a session's last may be there without a note", () => {
        expect(balance([attempt(0)], found(0, 1)).unexplained).toEqual([]);
        expect(balance([attempt(0)], found(0, 2)).unexplained).toEqual(["a-1 2"]);
    });
});

describe("tasks", () => {
    const plan: Plan = { retries: { retry: 1, once: 0 }, tasks: ["long"] };

    function task(started: number, changes: Partial<TaskAttempt> = {}): TaskAttempt {
        const ended = "ended" in changes ? changes.ended : started + 40;
        return {
            ...{
                identity: String(started),
                node: "a",
                dag: "retry",
                run: "r",
                task: "long",
                try: 1,
            },
            ...{ started, last: ended ?? started + 10, ended },
            ...changes,
        };
    }

    function run(state: string, dag = "retry"): DagRun {
        return { dag, run: "r", state, ended: 100 };
    }

    const killed = { at: 10, until: 60, kills: ["a"] };

    test("a run that succeeded in one attempt", () => {
        expect(taskBalance(plan, [task(0)], [run("success")], [])).toEqual({
            ...{ lost: [], spent: [], doubled: [], cut: [], unexplained: [], repeated: [] },
        });
    });

    test("a killed attempt and its retry are no loss", () => {
        const cut = task(0, { ended: undefined });
        const books = taskBalance(plan, [cut, task(30, { node: "b" })], [run("success")], [killed]);
        expect(books).toMatchObject({ lost: [], doubled: [], cut: [cut], unexplained: [] });
    });

    test("the same without a fault on that node is unexplained", () => {
        const cut = task(0, { ended: undefined });
        for (const outage of [
            { ...killed, kills: ["b"] },
            { ...killed, at: 30 },
        ]) {
            const books = taskBalance(plan, [cut], [run("failed")], [outage]);
            expect(books).toMatchObject({ unexplained: [cut], lost: [run("failed")] });
        }
    });

    test("without a retry a killed attempt fails its run, and that is not lost by the cluster", () => {
        const cut = task(0, { dag: "once", ended: undefined });
        const failed = run("failed", "once");
        expect(taskBalance(plan, [cut], [failed], [killed])).toMatchObject({
            lost: [],
            spent: [failed],
        });
    });

    test("with a retry left it is", () => {
        const cut = task(0, { ended: undefined });
        expect(taskBalance(plan, [cut], [run("failed")], [killed]).lost).toEqual([run("failed")]);
    });

    test("a run that does not end, that fails after its tasks ended, or succeeded without an end, is lost", () => {
        expect(taskBalance(plan, [task(0)], [run("running")], []).lost).toHaveLength(1);
        expect(taskBalance(plan, [task(0)], [run("failed")], [killed]).lost).toHaveLength(1);
        expect(taskBalance(plan, [], [run("success")], []).lost).toHaveLength(1);
    });

    test("a run of which only its tasks know is lost, once", () => {
        const books = taskBalance(plan, [task(0), task(1, { task: "short" })], [], []);
        expect(books.lost).toEqual([expect.objectContaining({ dag: "retry", run: "r" })]);
    });

    test("two attempts at once are doubled, one after the other repeated", () => {
        const [first, during, after] = [task(0), task(39, { node: "b" }), task(41, { node: "b" })];
        expect(taskBalance(plan, [during, first], [run("success")], [])).toMatchObject({
            doubled: [during],
            repeated: [],
        });
        expect(taskBalance(plan, [first, after], [run("success")], [])).toMatchObject({
            doubled: [],
            repeated: [after],
        });
    });

    test("tasks of different runs may overlap", () => {
        const other = task(1, { run: "s" });
        expect(taskBalance(plan, [task(0), other], [], []).doubled).toEqual([]);
    });
});

describe("gaps", () => {
    test("between neighbours, of which one may be outside of the span", () => {
        expect(longestGap([0, 1, 9, 10], 2, 9.5)).toBe(8);
        expect(longestGap([10, 9, 1, 0], 2, 9.5)).toBe(8);
        expect(longestGap([0, 1, 2, 3, 9], 1.5, 2.5)).toBe(1);
    });

    test("a time without any end lasts to the span's end", () => {
        expect(longestGap([0, 1], 1.5, 20)).toBe(19);
        expect(longestGap([], 0, 20)).toBe(20);
    });

    test("seconds with two primaries", () => {
        expect(secondsWithTwo({ a: [0, 0.2, 0.4], b: [0.6, 0.8] }, 0.2)).toBeCloseTo(0);
        expect(secondsWithTwo({ a: [0, 0.2, 0.4], b: [0.4] }, 0.2)).toBeCloseTo(0.2);
        expect(secondsWithTwo({ a: [0, 0.1, 0.2], b: [0, 0.1, 0.2] }, 0.4)).toBeCloseTo(0.6);
    });

    test("quantiles", () => {
        expect(quantile([5, 1, 3], 0.5)).toBe(3);
        expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
    });
});

describe("files", () => {
    test("a line that is being written is not read", () => {
        expect(linesOf("a\tb\nc\td\ne")).toEqual([
            ["a", "b"],
            ["c", "d"],
        ]);
    });

    test("attempts and counts", () => {
        const lines = linesOf("ok\ts\t0\t1.5\t1.6\t\nunknown\ts\t1\t2\t4\tno answer\n");
        expect(attemptsOf("a", lines)).toEqual([
            { outcome: "ok", node: "a", session: "s", number: 0, began: 1.5, ended: 1.6, why: "" },
            {
                ...{ outcome: "unknown", node: "a", session: "s", number: 1 },
                ...{ began: 2, ended: 4, why: "no answer" },
            },
        ]);
        expect(countsOf([["s", "1", "2"]], true)).toEqual(new Map([["s 1", 2]]));
        expect(
            countsOf([
                ["s", "1", "9"],
                ["s", "1", "8"],
            ]),
        ).toEqual(new Map([["s 1", 2]]));
    });

    test("an attempt at a task ends by its end only", () => {
        const line = (event: string, at: string) => [event, "i", "d", "r", "t", "2", at];
        const attempt = {
            ...{ identity: "i", node: "a", dag: "d", run: "r", task: "t", try: 2 },
            ...{ started: 1, last: 2 },
        };
        expect(taskAttemptsOf("a", [line("start", "1"), line("alive", "2")])).toEqual([attempt]);
        expect(
            taskAttemptsOf("a", [line("start", "1"), line("alive", "2"), line("end", "3")]),
        ).toEqual([{ ...attempt, last: 3, ended: 3 }]);
    });
});
