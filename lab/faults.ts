import { Command, InvalidArgumentError, Option } from "commander";
import { join } from "node:path";
import { faults, type Fault } from "./faults/faults.ts";
import { profiles } from "./faults/profiles.ts";
import { runFaults } from "./faults/run.ts";
import { root } from "./root.ts";

interface Options {
    only: Fault[];
    repeat: number;
    profile: string[];
    out: string;
}

const program = new Command("npm run faults --")
    .description(
        "Puts faults into the lab that is up, or into one of its own, while rows, messages and DAG runs go on; then checks the books.",
    )
    .addOption(
        new Option("--only <ids>", "faults by number, in this order, such as 3,4")
            .argParser(chosen)
            .default(faults, "all"),
    )
    .option("--repeat <n>", "times that each is put in", positive, 1)
    .option(
        "--profile <names>",
        `whose failover settings, such as autobase,ours: ${Object.keys(profiles).join(", ")}; the lab's own otherwise`,
        known,
        [],
    )
    .option("--out <folder>", "for faults.json and faults.svg", join(root, ".lab", "faults"))
    // 1 says that something was lost.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .addHelpText("after", `\n${faults.map(({ id, name }) => `  ${id}  ${name}`).join("\n")}`)
    .action(async (options: Options) => {
        const interrupted = new AbortController();
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
            process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
        }
        const { only, profile, ...rest } = options;
        const { signal } = interrupted;
        const clean = await runFaults({ ...rest, faults: only, profiles: profile, signal });
        process.exitCode = clean ? 0 : 1;
    });

try {
    await program.parseAsync();
} catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Error && error.cause instanceof Error) {
        console.error(`because: ${error.cause.message}`);
    }
    process.exitCode = 2;
}

function chosen(text: string): Fault[] {
    return text.split(",").map((id) => {
        const fault = faults.find((each) => String(each.id) === id.trim());
        if (fault === undefined) {
            throw new InvalidArgumentError(
                `there is no fault ${id}; there are 0 to ${faults.length - 1}`,
            );
        }
        return fault;
    });
}

function known(text: string): string[] {
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !Object.hasOwn(profiles, name));
    if (unknown !== undefined) {
        const all = Object.keys(profiles).join(", ");
        throw new InvalidArgumentError(`there is no profile ${unknown}; there are ${all}`);
    }
    return names;
}

function positive(text: string): number {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError("a whole number from 1 on is needed");
    }
    return value;
}
