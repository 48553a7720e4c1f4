import { Command, InvalidArgumentError } from "commander";
import { join } from "node:path";
import { faults, type Fault } from "./faults/faults.ts";
import { runFaults } from "./faults/run.ts";
import { root } from "./root.ts";

const program = new Command("npm run faults --")
    .description(
        "Puts faults into the lab that is up, or into one of its own, while rows, messages and DAG runs go on; then checks the books.",
    )
    .option("--only <ids>", "faults by number, in this order, such as 3,4", chosen, faults)
    .option("--repeat <n>", "times that each is put in", positive, 1)
    .option("--out <folder>", "for faults.json and faults.svg", join(root, ".lab", "faults"))
    .addHelpText("after", `\n${faults.map(({ id, name }) => `  ${id}  ${name}`).join("\n")}`)
    .action(async (options: { only: Fault[]; repeat: number; out: string }) => {
        const interrupted = new AbortController();
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
            process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
        }
        const { only, ...rest } = options;
        const clean = await runFaults({ ...rest, faults: only, signal: interrupted.signal });
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
            throw new InvalidArgumentError(`there is no fault ${id}; there are 0 to 13`);
        }
        return fault;
    });
}

function positive(text: string): number {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError("a whole number from 1 on is needed");
    }
    return value;
}
