import { Command, InvalidArgumentError, Option } from "commander";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runDagsBench, type DagsBenchOptions } from "./dagsBench/run.ts";
import { allWays } from "./dagsBench/ways.ts";
import { firstDagRun } from "./firstRun.ts";
import { phasesOf, type EngineEvent, type Phase } from "./phases.ts";
import { root } from "./root.ts";
import { stateDir } from "./settings.ts";
import { down, up } from "./stack.ts";
import { syncTimes } from "./syncTimes.ts";

const program = new Command("npm run bench --")
    .description("Measures the lab on this machine.")
    // 1 says that something could not be measured.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

program
    .command("up")
    .description(
        "from no machines to the first DAG run, by phase; the lab is removed before each run",
    )
    .option("--repeat <n>", "runs; the table gives median and worst", positive, 1)
    .action(async ({ repeat }: { repeat: number }) => {
        const runs: Phase[][] = [];
        for (let n = 0; n < repeat; n++) {
            runs.push(await measure());
        }
        print(runs);
    });

program
    .command("sync")
    .description(
        "seconds from saving a DAG on one node to its being on the others, on the lab that is up",
    )
    .option("--files <n>", "files, one a second", positive, 20)
    .option("--off <node...>", "nodes that are off and so not waited for", [])
    .action(async ({ files, off }: { files: number; off: string[] }) => {
        const seconds = await syncTimes(files, off);
        console.log(
            `${seconds.length} arrivals: median ${median(seconds).toFixed(2)} s, ` +
                `worst ${Math.max(...seconds).toFixed(2)} s`,
        );
    });

const wayNames = allWays.map(({ name }) => name);

program
    .command("dags")
    .description(
        "ways to have DAG folders equal on all nodes, side by side, on the lab that is up: some ten minutes each; one node is powered off and on, and for git the stack is changed for a while",
    )
    .addOption(
        new Option("--ways <names>", `some of ${wayNames.join(",")}`)
            .argParser(ways)
            .default(wayNames, "all"),
    )
    .option("--saves <n>", "saves with all nodes up, and as many with one off", positive, 200)
    .option("--missed <n>", "files that are saved at once while a node is off", positive, 1000)
    .option("--out <folder>", "for dags.json and dags.svg", join(root, ".lab", "dags"))
    .action(async (options: Omit<DagsBenchOptions, "signal">) => {
        const interrupted = new AbortController();
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
            process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
        }
        const whole = await runDagsBench({ ...options, signal: interrupted.signal });
        process.exitCode = whole ? 0 : 1;
    });

try {
    await program.parseAsync();
} catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
}

async function measure(): Promise<Phase[]> {
    await down();
    const started = Date.now();
    const log = join(stateDir, "up-events.json");
    await up({ eventLog: log });
    const upSeconds = (Date.now() - started) / 1000;
    const runSeconds = await firstDagRun();
    const events = (await readFile(log, "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as EngineEvent);
    return [
        ...phasesOf(events),
        { phase: "npm run lab", from: 0, to: upSeconds },
        { phase: "first DAG run", from: upSeconds, to: upSeconds + runSeconds },
    ];
}

function print(runs: Phase[][]): void {
    console.log("\nphase            begins  ends    takes (median)  takes (worst), seconds");
    for (const { phase } of runs[0]) {
        const of = runs.map((run) => run.find((each) => each.phase === phase) ?? run[0]);
        const takes = of.map(({ from, to }) => to - from);
        const cells = [of.map(({ from }) => from), of.map(({ to }) => to), takes].map(median);
        console.log(
            phase.padEnd(16),
            cells.map((cell) => cell.toFixed(1).padStart(6)).join("  "),
            Math.max(...takes)
                .toFixed(1)
                .padStart(14),
        );
    }
}

function median(values: number[]): number {
    return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

function positive(text: string): number {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError("a whole number from 1 on is needed");
    }
    return value;
}

function ways(text: string): string[] {
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !wayNames.includes(name));
    if (unknown !== undefined) {
        throw new InvalidArgumentError(
            `there is no way "${unknown}"; there are ${wayNames.join(", ")}`,
        );
    }
    return names;
}
