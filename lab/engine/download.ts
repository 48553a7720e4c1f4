import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../settings.ts";

/** Where Pulumi keeps the releases of its CLI. */
export const downloadUrl = "https://get.pulumi.com/releases/sdk";
/** How long an answer may take, seconds. */
const patience = 4;
/** How long "cannot be reached" is remembered, milliseconds: a black hole shall not delay every command. */
const remembered = 24 * 3_600_000;

/** Whether Pulumi's own download answers from this machine. */
export async function downloadReachable(): Promise<boolean> {
    const mark = join(cacheDir, "pulumi", "download-unreachable");
    const marked = await stat(mark).catch(() => undefined);
    if (marked && Date.now() - marked.mtimeMs < remembered) {
        return false;
    }
    // curl, because it honours the proxy settings of the environment.
    const { failed } = await execa(
        "curl",
        ["-fsSIL", "--max-time", String(patience), "https://get.pulumi.com/"],
        { reject: false },
    );
    if (failed) {
        await writeFile(mark, "");
    }
    return !failed;
}
