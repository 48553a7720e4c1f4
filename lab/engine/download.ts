import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cacheDir } from "../settings.ts";
import { progress } from "./progress.ts";
import { installedVersion } from "./versions.ts";

/** How long a connection and an answer may take, seconds. */
const patience = { connection: 2, answer: 4 };
/** How long "cannot be reached" is remembered, milliseconds: a black hole shall not delay every command. */
const remembered = 3_600_000;
const mark = join(cacheDir, "pulumi", "download-unreachable");

/** Where Pulumi keeps the release of the CLI that the program is written for. */
export function downloadUrl(): string {
    const machine = process.arch === "x64" ? "x64" : "arm64";
    const file = `pulumi-v${installedVersion("pulumi")}-linux-${machine}.tar.gz`;
    return `https://get.pulumi.com/releases/sdk/${file}`;
}

/** Whether Pulumi's own download answers from this machine. */
export async function downloadReachable(): Promise<boolean> {
    const marked = await stat(mark).catch(() => undefined);
    if (marked && Date.now() - marked.mtimeMs < remembered) {
        return false;
    }
    // curl, because it honours the proxy settings of the environment.
    const limits = ["--connect-timeout", `${patience.connection}`, "-m", `${patience.answer}`];
    const { failed } = await execa("curl", ["-fsSIL", ...limits, downloadUrl()], { reject: false });
    if (failed) {
        await rememberUnreachable();
    }
    return !failed;
}

export async function rememberUnreachable(): Promise<void> {
    const minutes = remembered / 60_000;
    progress(
        "Pulumi's download cannot be reached: the lab builds the CLI from Go modules and has stand-ins " +
            `for the plugins (tried again in ${minutes} minutes)`,
    );
    await mkdir(dirname(mark), { recursive: true });
    await writeFile(mark, "");
}
