import { plot } from "../../lab/dagsBench/plot";
import { cpuSeconds, delays, summaryOf, timesOf } from "../../lab/dagsBench/records";
import { table } from "../../lab/dagsBench/report";
import { forJson, fromJson, type WayResult } from "../../lab/dagsBench/results";

const seconds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const whole: WayResult = {
    name: "ours",
    title: "ours (csync2)",
    allUp: seconds(100).map((each) => each / 100),
    oneDown: [0.1, 0.2, null, 0.3],
    catchUp: { files: 1000, arrived: 1000, sshd: 2, all: 12.34 },
    idleCpu: 0.456,
    firstTask: [3, 9, 4],
    figures: [],
};
const partial: WayResult = {
    name: "lsyncd",
    title: "lsyncd & csync2",
    allUp: [null, null],
    catchUp: { files: 1000, arrived: 7, sshd: 2 },
    figures: [],
    failed: "the lab is healthy: not within 300 s",
};

test("a save is there when the last node has it, and late after two minutes", () => {
    const saved = timesOf([
        ["x", "100.0"],
        ["y", "101.0"],
        ["z", "102.0"],
    ]);
    const received = [
        timesOf([
            ["x", "100.5"],
            ["y", "101.5"],
            ["z", "222.5"],
        ]),
        timesOf([
            ["x", "100.25"],
            ["z", "103.0"],
        ]),
    ];
    expect(delays(saved, received)).toEqual([0.5, Infinity, Infinity]);
    expect(delays(saved, [received[0]])).toEqual([0.5, 0.5, Infinity]);
});

test("saves that are not there are slower than all others", () => {
    expect(summaryOf(seconds(200))).toEqual({ saves: 200, p50: 101, p99: 199, missing: 0 });
    expect(summaryOf([3, Infinity, 1, 2])).toMatchObject({ p50: 3, p99: Infinity, missing: 1 });
});

test("CPU time is the sum of the units that have some", () => {
    expect(cpuSeconds("1500000000\n[not set]\n18446744073709551615\n500000000\n")).toBe(2);
});

test("what was not in time is null in JSON, which has no Infinity", () => {
    expect(forJson([1, Infinity])).toEqual([1, null]);
    expect(fromJson([1, null])).toEqual([1, Infinity]);
});

test("the table has one line for each way, and says what was not measured", () => {
    const cells = table([whole, partial])
        .split("\n")
        .slice(2)
        .map((line) => line.split("|").map((cell) => cell.trim()));
    expect(cells).toEqual([
        [
            ...["", "ours (csync2)", "0.51", "1.00", "0 of 100", "0.30", "> 120", "1 of 4"],
            ...["12.3", "10.3", "0.46", "4.0 (worst 9.0)", ""],
        ],
        [
            ...["", "lsyncd & csync2", "> 120", "> 120", "2 of 2", "-", "-", "-"],
            ...["7 of 1000", "-", "-", "-", ""],
        ],
    ]);
});

test("the plot climbs to the share that came, solid with all nodes up and dashed with one off", () => {
    const svg = plot([whole, partial]);
    const paths = [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#d62728"([^/]*)/g)];
    const [up, down] = paths.map(([, path]) => path.match(/V[\d.]+/g));
    expect(up).toHaveLength(100);
    expect(down).toHaveLength(3);
    const heights = paths.map(([, path]) => Number(/V([\d.]+)H[\d.]+$/.exec(path)?.[1]));
    // From the bottom (400) to the top (30): all, and three of four.
    expect(heights).toEqual([30, 122.5]);
    expect(paths.map(([, , style]) => style.includes("dasharray"))).toEqual([false, true]);
    expect(svg).toContain("lsyncd &amp; csync2");
});
