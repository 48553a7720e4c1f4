import { type ChildProcess, spawn } from "node:child_process";
import type { Values } from "../rpc/values.ts";
import { findUp } from "./packages.ts";

export interface Program {
    engine: string;
    monitor: string;
    organization: string;
    project: string;
    stack: string;
    rootDirectory: string;
    programDirectory: string;
    entryPoint: string;
    /** `runtime.options` of Pulumi.yaml. */
    options: Values;
    parallel: number;
    dryRun: boolean;
    config: Record<string, string>;
    secretKeys: string[];
    arguments: string[];
}

export interface Ended {
    /** What the engine shows; empty when all went well or the program has said it itself. */
    error: string;
    /** The program has shown its error: the CLI ends without another word. */
    bail: boolean;
}

/** The exit code by which @pulumi/pulumi says that the user has been told what is wrong. */
const exitToldUser = 32;
/** How long a program may take to end after SIGINT, milliseconds. */
const graceAfterInterrupt = 5_000;

/** Runs Pulumi programs as child processes of Node.js. */
export class ProgramRunner {
    readonly #running = new Set<ChildProcess>();

    cancel(): void {
        for (const child of this.#running) {
            child.kill("SIGINT");
            setTimeout(() => child.kill("SIGKILL"), graceAfterInterrupt).unref();
        }
    }

    async run(program: Program): Promise<Ended> {
        const run = findUp(
            program.programDirectory,
            "node_modules/@pulumi/pulumi/cmd/run/index.js",
        );
        if (!run) {
            const error =
                "It looks like the Pulumi SDK has not been installed. Have you run npm install?";
            return { error, bail: false };
        }
        const child = spawn(process.execPath, [run, ...argumentsOf(program)], {
            env: { ...process.env, ...environmentOf(program) },
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.#running.add(child);
        child.stdout.pipe(process.stdout, { end: false });
        child.stderr.pipe(process.stderr, { end: false });
        try {
            return endOf(await closed(child));
        } finally {
            this.#running.delete(child);
        }
    }
}

function closed(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => resolve({ code, signal }));
    });
}

function endOf({ code, signal }: { code: number | null; signal: string | null }): Ended {
    if (code === 0) {
        return { error: "", bail: false };
    }
    if (code === exitToldUser) {
        return { error: "", bail: true };
    }
    const how = code === null ? `signal: ${signal}` : `non-zero exit code: ${code}`;
    return { error: `Program exited with ${how}`, bail: false };
}

function argumentsOf(program: Program): string[] {
    const flags = {
        monitor: program.monitor,
        engine: program.engine,
        organization: program.organization,
        project: program.project,
        "root-directory": program.rootDirectory,
        stack: program.stack,
        pwd: program.programDirectory,
        parallel: String(program.parallel),
    };
    return [
        ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
        ...(program.dryRun ? ["--dry-run"] : []),
        program.entryPoint,
        ...program.arguments,
    ];
}

function environmentOf({ config, secretKeys, options }: Program): Record<string, string> {
    // @pulumi/pulumi still reads the old form of a key, PACKAGE:config:NAME.
    const old = Object.entries(config).map(([key, value]) => [oldKey(key), value]);
    return {
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(old)),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
        PULUMI_NODEJS_TYPESCRIPT: options.typescript === false ? "false" : "true",
        ...(typeof options.tsconfig === "string" && {
            PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig,
        }),
    };
}

function oldKey(key: string): string {
    const [namespace, ...rest] = key.split(":");
    return rest[0] === "config" ? key : `${namespace}:config:${rest.join(":")}`;
}
