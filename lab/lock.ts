import { mkdir } from "node:fs/promises";
import lockfile from "proper-lockfile";
import { labName, stateDir } from "./settings.ts";

/** A holder that was killed is known by not touching its lock for this long. */
const staleAfterMs = 10_000;

/** Runs `action` while no other command changes this lab. */
export async function exclusively<T>(what: string, action: () => Promise<T>): Promise<T> {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const release = await lockfile
        .lock(stateDir, {
            lockfilePath: `${stateDir}.lock`,
            stale: staleAfterMs,
            retries: { retries: 6, minTimeout: 2000, maxTimeout: 2000 },
        })
        .catch((error: unknown) => {
            throw new Error(`"${what}" has to wait: another command is changing lab "${labName}"`, {
                cause: error,
            });
        });
    try {
        return await action();
    } finally {
        await release();
    }
}
