import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
    chmod,
    link,
    mkdir,
    mkdtemp,
    realpath,
    rm,
    stat,
    symlink,
    writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { engineCache, placeAtomically } from "./cli.ts";
import { downloadReachable } from "./download.ts";
import { progress } from "./progress.ts";
import { installedVersion, type PluginName, plugins } from "./versions.ts";

/** Where a plugin comes from: an official executable, Pulumi's download, or this checkout's stand-in. */
type Source = { from: "file"; path: string } | { from: "download" } | { from: "stand-in" };

export interface Home {
    /** PULUMI_HOME: has the plugins. */
    directory: string;
    /** The CLI to use with it. */
    cli: string;
}

const languageHost = "pulumi-language-nodejs";

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
    const sources = await pluginSources();
    const host = await languageHostSource(cli);
    const key = createHash("sha256")
        .update(JSON.stringify([await identity(cli), host, await describe(sources)]))
        .digest("hex")
        .slice(0, 12);
    const directory = join(engineCache, `home-${key}`);
    if (!existsSync(directory)) {
        await mkdir(engineCache, { recursive: true });
        await placeAtomically(directory, async (part) => {
            const placed = await placeCli(cli, host, part);
            for (const [name, source] of sources) {
                await install(placed, part, name, source);
            }
        });
    }
    return { directory, cli: host.from === "download" ? cli : join(directory, "bin/pulumi") };
}

async function pluginSources(): Promise<Map<PluginName, Source>> {
    const reachable = await downloadReachable();
    return new Map(
        plugins.map((name) => {
            const path = official(`pulumi-resource-${name}`);
            const source: Source = path
                ? { from: "file", path }
                : { from: reachable ? "download" : "stand-in" };
            return [name, source];
        }),
    );
}

/** A CLI that has its language host beside it is used as it is ("download"). */
async function languageHostSource(cli: string): Promise<Source> {
    const path = official(languageHost);
    if (path) {
        return { from: "file", path };
    }
    const beside = join(dirname(await realpath(cli)), languageHost);
    return { from: existsSync(beside) ? "download" : "stand-in" };
}

/** An executable of the directory that LAB_PLUGIN_PATH names. */
function official(name: string): string | undefined {
    const directory = process.env.LAB_PLUGIN_PATH;
    const path = directory ? join(directory, name) : "";
    return path && existsSync(path) ? path : undefined;
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

async function describe(sources: Map<PluginName, Source>): Promise<string[]> {
    const parts = [...sources].map(async ([name, source]) => {
        const what =
            source.from === "stand-in"
                ? standIn(name)
                : source.from === "file"
                  ? await identity(source.path)
                  : source.from;
        return `${name} ${installedVersion(name)} ${what}`;
    });
    return Promise.all(parts);
}

/** Changes when the file does. */
async function identity(path: string): Promise<string> {
    const { size, mtimeMs } = await stat(path);
    return `${basename(path)} ${path} ${size} ${mtimeMs}`;
}
