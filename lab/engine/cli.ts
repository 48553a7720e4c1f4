import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import lockfile from "proper-lockfile";
import { root } from "../root.ts";
import { cacheDir } from "../settings.ts";
import { downloadReachable, downloadUrl } from "./download.ts";
import { progress } from "./progress.ts";
import { installedVersion } from "./versions.ts";

/** Where the engine keeps the CLI and the homes of Pulumi; shared by all labs and checkouts. */
export const engineCache = join(cacheDir, "pulumi");

/** The oldest Go that fetches the version that go.mod names by itself. */
const oldestGo = [1, 21] as const;

/** The path of a Pulumi CLI: from PATH, else downloaded, else built from Go modules; the last two are kept. */
export async function findCli(): Promise<string> {
    const version = installedVersion("pulumi");
    const official = join(engineCache, `cli-${version}`, "pulumi");
    const built = join(engineCache, `cli-${version}-built`, "pulumi");
    const found = (await onPath(version)) ?? (existsSync(official) ? official : undefined);
    if (found) {
        return found;
    }
    await mkdir(engineCache, { recursive: true });
    if (await downloadReachable()) {
        progress(`downloading the Pulumi CLI ${version}`);
        await placeAtomically(dirname(official), download);
        return official;
    }
    if (!existsSync(built)) {
        await alone(async () => {
            if (!existsSync(built)) {
                await build(version, built);
            }
        });
    }
    return built;
}

/** A CLI of the same major version, new enough, and whole: with its language host beside it. */
async function onPath(version: string): Promise<string | undefined> {
    for (const directory of (process.env.PATH ?? "").split(delimiter)) {
        if (directory.startsWith(engineCache)) {
            continue; // ours, where a lab's command runs another one
        }
        const cli = join(directory, "pulumi");
        if (existsSync(cli) && existsSync(join(directory, "pulumi-language-nodejs"))) {
            const { stdout, failed } = await execa(cli, ["version"], {
                reject: false,
                env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
            });
            if (!failed && fits(stdout, version)) {
                return cli;
            }
        }
    }
    return undefined;
}

/** Whether a version is at least the wanted one and has its major number. */
export function fits(found: string, wanted: string): boolean {
    const [a, b] = [found, wanted].map((text) => /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1));
    if (!a || !b || a[0] !== b[0]) {
        return false;
    }
    const [minor, wantedMinor] = [Number(a[1]), Number(b[1])];
    return minor > wantedMinor || (minor === wantedMinor && Number(a[2]) >= Number(b[2]));
}

async function download(directory: string): Promise<void> {
    const archive = join(directory, "pulumi.tar.gz");
    await execa("curl", ["-fsSL", "--retry", "3", "-o", archive, downloadUrl()]);
    await execa("tar", ["-xzf", archive, "-C", directory, "--strip-components=1"]);
    await rm(archive);
}

async function build(version: string, target: string): Promise<void> {
    const go = await findGo();
    progress(`building the Pulumi CLI ${version} from Go modules (a few minutes, once)`);
    const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
    await placeAtomically(dirname(target), (directory) =>
        execa(
            go,
            [
                ...["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags],
                ...["-o", join(directory, "pulumi"), "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
            ],
            {
                cwd: join(root, "lab/engine/cli"),
                env: { CGO_ENABLED: "0", GOWORK: "off", GOTOOLCHAIN: "auto" },
                stdout: "ignore",
                stderr: "inherit",
            },
        ),
    );
}

/** Two at once would take twice as long. A holder that was killed is known by not touching its lock. */
async function alone(action: () => Promise<void>): Promise<void> {
    const patience = { forever: true, factor: 1, minTimeout: 2000 };
    const release = await lockfile.lock(engineCache, { stale: 30_000, retries: patience });
    try {
        await action();
    } finally {
        await release();
    }
}

async function findGo(): Promise<string> {
    for (const go of ["go", "/usr/local/go/bin/go", join(homedir(), "go/bin/go")]) {
        const { stdout, failed } = await execa(go, ["env", "GOVERSION"], {
            reject: false,
            env: { GOTOOLCHAIN: "local" },
        });
        const [major = 0, minor = 0] = stdout?.match(/\d+/g)?.map(Number) ?? [];
        if (!failed && major === oldestGo[0] && minor >= oldestGo[1]) {
            return go;
        }
    }
    throw new Error(
        "The Pulumi CLI is not on PATH, its download cannot be reached, and there is no Go " +
            `${oldestGo.join(".")} or newer to build it with (https://go.dev/dl): install either.`,
    );
}

/** Fills a directory beside the target and puts it in place whole; who comes second keeps the first one's. */
export async function placeAtomically(
    target: string,
    fill: (directory: string) => Promise<unknown>,
): Promise<void> {
    const directory = await mkdtemp(`${target}.part-`);
    try {
        await fill(directory);
        await rename(directory, target);
    } catch (error) {
        if (!existsSync(target)) {
            throw error;
        }
    } finally {
        await rm(directory, { recursive: true, force: true });
    }
}
