import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, link, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { engineCache, placeAtomically } from "./cli.ts";
import { downloadReachable, rememberUnreachable } from "./download.ts";
import { progress } from "./progress.ts";
import {
    fileIdentity,
    identity,
    languageHost,
    reportMissingFiles,
    type Source,
    type Sources,
    sourcesFor,
} from "./sources.ts";
import { installedVersion, type PluginName } from "./versions.ts";

export interface Home {
    /** PULUMI_HOME: has the plugins. */
    directory: string;
    /** The CLI to use with it. */
    cli: string;
}

/**
 * What stands in for a plugin. The same for all checkouts, so that they can share a home: the code is that of the
 * checkout that runs the CLI.
 */
function standIn(name: string): string {
    return [
        "#!/usr/bin/env bash",
        'checkout=${LAB_ENGINE_CHECKOUT:?is set by the lab; run pulumi by "npm run lab -- pulumi"}',
        `exec "$checkout/node_modules/.bin/node" "$checkout/lab/engine/main.ts" ${name} "$@"`,
        "",
    ].join("\n");
}

/** A home of Pulumi with the plugins that the program needs, made when it is not there yet. */
export async function ensureHome(cli: string): Promise<Home> {
    return (await officialHome(cli)) ?? (await ownHome(cli));
}

/** With official plugins; undefined where they are neither here already nor within reach. */
async function officialHome(cli: string): Promise<Home | undefined> {
    const sources = await sourcesFor(cli, "download");
    const home = await homeFor(cli, sources);
    if (!existsSync(home.directory)) {
        if (!(await downloadReachable())) {
            return undefined;
        }
        try {
            await make(home, cli, sources);
        } catch (error) {
            progress(error instanceof Error ? error.message : String(error));
            await rememberUnreachable();
            return undefined;
        }
    }
    reportMissingFiles(sources);
    return home;
}

async function ownHome(cli: string): Promise<Home> {
    const sources = await sourcesFor(cli, "stand-in");
    const home = await homeFor(cli, sources);
    reportMissingFiles(sources);
    if (!existsSync(home.directory)) {
        await make(home, cli, sources);
    }
    return home;
}

async function homeFor(cli: string, sources: Sources): Promise<Home> {
    const { languageHost: host, plugins } = sources;
    const parts = [await fileIdentity(cli), await identity(host, standIn("language"))];
    for (const [name, source] of plugins) {
        const what = await identity(source, standIn(name));
        parts.push(`${name} ${installedVersion(name)} ${what}`);
    }
    const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
    const directory = join(engineCache, `home-${key}`);
    return { directory, cli: host.from === "download" ? cli : join(directory, "bin/pulumi") };
}

async function make(home: Home, cli: string, sources: Sources): Promise<void> {
    await mkdir(engineCache, { recursive: true });
    await placeAtomically(home.directory, async (part) => {
        const placed = await placeCli(cli, sources.languageHost, part);
        for (const [name, source] of sources.plugins) {
            await install(placed, part, name, source);
        }
    });
}

/** Puts the CLI and its language host side by side, which is where the CLI looks for it. */
async function placeCli(cli: string, host: Source, home: string): Promise<string> {
    if (host.from === "download") {
        return cli;
    }
    const bin = join(home, "bin");
    await mkdir(bin);
    // A hard link: the CLI looks beside what a symbolic link points to.
    const placed = join(bin, "pulumi");
    await link(await realpath(cli), placed);
    if (host.from === "file") {
        await symlink(host.path, join(bin, languageHost));
    } else {
        await writeExecutable(join(bin, languageHost), standIn("language"));
    }
    return placed;
}

async function install(cli: string, home: string, name: PluginName, source: Source): Promise<void> {
    const version = installedVersion(name);
    const from = source.from === "file" ? source.path : source.from;
    progress(`installing the plugin ${name} ${version} (${from})`);
    const env = { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const args = ["plugin", "install", "resource", name, version];
    if (source.from === "download") {
        await execa(cli, args, { env, stdout: "ignore", stderr: "inherit" });
        return;
    }
    const directory = await mkdtemp(`${home}-${name}-`);
    try {
        const path = join(directory, `pulumi-resource-${name}`);
        if (source.from === "file") {
            await symlink(source.path, path);
        } else {
            await writeExecutable(path, standIn(name));
        }
        await execa(cli, [...args, "--file", directory], { env });
    } finally {
        await rm(directory, { recursive: true, force: true });
    }
}

async function writeExecutable(path: string, text: string): Promise<void> {
    await writeFile(path, text);
    await chmod(path, 0o755);
}
