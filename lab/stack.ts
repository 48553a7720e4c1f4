import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { destroyCloud } from "./cloud/index.ts";
import { printEndpoints } from "./endpoints.ts";
import { exclusively } from "./lock.ts";
import { forgetOutputs, stackOutputs } from "./outputs.ts";
import { runPulumi, stackLocks } from "./pulumi.ts";
import { labName, stateDir } from "./settings.ts";

/** `npm run lab`: from nothing, or from whatever is there, to a cluster that serves. */
export async function up({ eventLog }: { eventLog?: string } = {}): Promise<void> {
    const started = Date.now();
    const args = ["up", "--yes", "--skip-preview", "--suppress-outputs"];
    await changing("up", async () => {
        const code = await runPulumi([...args, ...(eventLog ? ["--event-log", eventLog] : [])]);
        if (code !== 0) {
            throw new Error(
                "pulumi up did not finish; mend the cause above, then run the same again",
            );
        }
    });
    await printEndpoints(await stackOutputs());
    console.log(`\nlab "${labName}" is up after ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Any Pulumi command on the lab's stack, on this terminal. Gives its exit code. */
export async function pulumi(args: string[]): Promise<number> {
    return changing(`pulumi ${args[0] ?? ""}`, () => runPulumi(args));
}

/** Removes all of the lab, whatever state it is in. */
export async function down(): Promise<void> {
    await exclusively("down", async () => {
        await destroyCloud();
        await rm(stateDir, { recursive: true, force: true });
    });
    // The folder of all labs, where the lock was: other labs may still be in it.
    await rmdir(dirname(stateDir)).catch(() => undefined);
    console.log(`lab "${labName}" is gone`);
}

/** We hold the lab's own lock, so a lock of its stack is that of a Pulumi that was killed. Others' stacks have their own. */
async function changing<T>(what: string, action: () => Promise<T>): Promise<T> {
    return exclusively(what, async () => {
        await forgetOutputs();
        await rm(stackLocks, { recursive: true, force: true });
        return action();
    });
}
