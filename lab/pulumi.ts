import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureCloud } from "./cloud/index.ts";
import { ensureEngine } from "./engine/index.ts";
import { clearInterruptedCreates } from "./engine/pending.ts";
import { root } from "./root.ts";
import { configFile, stateDir } from "./settings.ts";

/** The stack's name and so its configuration file, Pulumi.lab.yaml, in every lab: each has its own backend. */
const stack = "lab";

/** Where Pulumi keeps the state of the stack, and of stacks of other programs (`lab -- env`). */
const backendDir = join(stateDir, "pulumi");
const own = `airflow-ha/${stack}`;
const stackFile = join(backendDir, ".pulumi/stacks", `${own}.json`);
/** The folder of the locks of the lab's own stack. */
export const stackLocks = join(backendDir, ".pulumi/locks/organization", own);

/** Runs a Pulumi command on the lab's stack, on this terminal; the caller holds the lab's lock. Gives its exit code. */
export async function runPulumi(args: string[]): Promise<number> {
    const env = await environment();
    await clearInterruptedCreates(env, root);
    const { exitCode } = await execa("pulumi", withConfiguration(args), {
        cwd: root,
        env,
        stdio: "inherit",
        reject: false,
        // Ctrl-C reaches the CLI too; it then ends what it began and writes the state.
        forceKillAfterDelay: false,
    });
    return exitCode ?? 1;
}

/** The commands that read the configuration are told which one. */
function withConfiguration(args: string[]): string[] {
    const reads = ["up", "preview", "refresh", "destroy", "config", "watch"].includes(args[0]);
    const told = args.includes("--config-file");
    return configFile && reads && !told ? [...args, "--config-file", configFile] : args;
}

/** What a Pulumi command on the lab's stack prints on standard output. */
export async function pulumiText(args: string[]): Promise<string> {
    const env = await environment();
    return (await execa("pulumi", args, { cwd: root, env, stderr: "inherit" })).stdout;
}

/** With these variables, Pulumi commands on any program use the lab's engine, cloud and backend. */
export async function labEnvironment(): Promise<Record<string, string>> {
    const [engine, cloud] = await Promise.all([ensureEngine(), ensureCloud()]);
    await mkdir(backendDir, { recursive: true, mode: 0o700 });
    return {
        ...engine.env,
        PULUMI_BACKEND_URL: `file://${backendDir}`,
        // Public on purpose: the lab's secrets open nothing but the lab, and only root reads its state.
        PULUMI_CONFIG_PASSPHRASE: "lab",
        // `up` knows --event-log only with this; `npm run bench -- up` times the phases by it.
        PULUMI_DEBUG_COMMANDS: "true",
        HCLOUD_ENDPOINT: cloud.endpoint,
        HCLOUD_TOKEN: cloud.token,
    };
}

async function environment(): Promise<Record<string, string>> {
    const env = await labEnvironment();
    // Once: it reads the state, which an `up` may be writing just now.
    if (!existsSync(stackFile)) {
        const create = ["stack", "select", "--create", stack];
        await execa("pulumi", create, { cwd: root, env }).catch((error: unknown) => {
            // Another command made it at the same moment.
            if (!existsSync(stackFile)) {
                throw error;
            }
        });
    }
    return { ...env, PULUMI_STACK: stack };
}
