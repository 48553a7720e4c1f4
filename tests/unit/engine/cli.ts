import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../helpers/root";

const node = join(root, "node_modules/.bin/node");

export interface Ran {
    code: number | null;
    stdout: string;
    stderr: string;
}

/** A Pulumi project in a temporary folder, with its own backend, run by the lab's engine. */
export class Project {
    readonly directory = mkdtempSync(join(tmpdir(), "airflow-ha-engine-"));
    #env: NodeJS.ProcessEnv = process.env;

    constructor(program: string) {
        cpSync(program, this.directory, { recursive: true });
        symlinkSync(join(root, "node_modules"), join(this.directory, "node_modules"));
    }

    /** PULUMI_HOME. */
    get home(): string {
        return this.#env.PULUMI_HOME ?? "";
    }

    /** Finds or builds the engine; more of the environment is for both. Gives what it said. */
    async prepare(more: Record<string, string>): Promise<string> {
        this.#env = { ...process.env, ...more };
        const ran = await this.engine("index.ts", "(await module.ensureEngine()).env");
        this.#env = {
            ...this.#env,
            ...(JSON.parse(ran.stdout) as Record<string, string>),
            PULUMI_BACKEND_URL: `file://${this.directory}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_STACK: "test",
        };
        return ran.stderr;
    }

    /** Evaluates an expression on a module of lab/engine, in the Node.js that runs the lab. */
    async engine(module: string, expression: string): Promise<Ran> {
        const script = `
            const module = await import(process.argv[1]);
            const { env } = process;
            console.log(JSON.stringify((${expression}) ?? null));`;
        const path = join(root, "lab/engine", module);
        return succeeded(await this.#run(node, ["--input-type=module", "-e", script, path]));
    }

    /** Runs the CLI and fails when it does. */
    async pulumi(...args: string[]): Promise<string> {
        return succeeded(await this.tryPulumi(...args)).stdout;
    }

    tryPulumi(...args: string[]): Promise<Ran> {
        return this.#run("pulumi", args);
    }

    /** Begins a CLI that the test ends in its own way. */
    begin(...args: string[]): ChildProcess {
        return spawn("pulumi", args, { cwd: this.directory, env: this.#env, stdio: "ignore" });
    }

    /** As the lab does it, which has a lock of its own. */
    unlock(): void {
        rmSync(join(this.directory, ".pulumi/locks"), { recursive: true, force: true });
    }

    remove(): void {
        rmSync(this.directory, { recursive: true, force: true });
    }

    #run(command: string, args: string[]): Promise<Ran> {
        return new Promise((resolve, reject) => {
            const child = spawn(command, args, { cwd: this.directory, env: this.#env });
            const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
            child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
            child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
            child.stdin.end();
            child.on("error", reject);
            child.on("close", (code) => {
                const [out, err] = [stdout, stderr].map((chunks) =>
                    Buffer.concat(chunks).toString(),
                );
                resolve({ code, stdout: out ?? "", stderr: err ?? "" });
            });
        });
    }
}

function succeeded(ran: Ran): Ran {
    if (ran.code !== 0) {
        throw new Error(`exit code ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
    }
    return ran;
}
