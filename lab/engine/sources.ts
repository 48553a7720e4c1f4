import { accessSync, constants, existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { progress } from "./progress.ts";
import { installedVersion, type PluginName, plugins } from "./versions.ts";

/** An official executable on disk, what comes with Pulumi's download, or this checkout's stand-in. */
export type Source = { from: "file"; path: string } | { from: "download" } | { from: "stand-in" };

export interface Sources {
    languageHost: Source;
    plugins: Map<PluginName, Source>;
}

export const languageHost = "pulumi-language-nodejs";

/** What LAB_PLUGIN_PATH has comes from there, the rest from elsewhere. */
export async function sourcesFor(cli: string, rest: "download" | "stand-in"): Promise<Sources> {
    const host = official([languageHost]);
    const beside = join(dirname(await realpath(cli)), languageHost);
    return {
        // A CLI that has its language host beside it is used as it is.
        languageHost: host ?? { from: existsSync(beside) ? "download" : "stand-in" },
        plugins: new Map(
            plugins.map((name) => [name, official(pluginFiles(name)) ?? { from: rest }]),
        ),
    };
}

/** Says what LAB_PLUGIN_PATH does not have; fails when it is no directory. */
export function reportMissingFiles({ languageHost: host, plugins: found }: Sources): void {
    const directory = process.env.LAB_PLUGIN_PATH;
    if (!directory) {
        return;
    }
    if (!existsSync(directory)) {
        throw new Error(`LAB_PLUGIN_PATH: there is no directory ${directory}`);
    }
    const wanted: [string, Source][] = [[languageHost, host]];
    found.forEach((source, name) => wanted.push([pluginFiles(name).join(" or "), source]));
    for (const [files, source] of wanted) {
        if (source.from !== "file") {
            const instead = source.from === "download" ? "Pulumi's own" : "the lab's stand-in";
            progress(`LAB_PLUGIN_PATH: ${directory} has no ${files}: ${instead} is used`);
        }
    }
}

/** Changes when what a source gives does. */
export async function identity(source: Source, standIn: string): Promise<string> {
    switch (source.from) {
        case "file":
            return fileIdentity(source.path);
        case "download":
            return "download";
        case "stand-in":
            return standIn;
    }
}

export async function fileIdentity(path: string): Promise<string> {
    const { size, mtimeMs } = await stat(path);
    return `${basename(path)} ${path} ${size} ${mtimeMs}`;
}

function pluginFiles(name: PluginName): string[] {
    const file = `pulumi-resource-${name}`;
    return [`${file}-v${installedVersion(name)}`, file];
}

/** The first of these executables that the directory of LAB_PLUGIN_PATH has. */
function official(names: string[]): Source | undefined {
    const directory = process.env.LAB_PLUGIN_PATH;
    if (!directory) {
        return undefined;
    }
    const path = names.map((name) => resolve(directory, name)).find((each) => existsSync(each));
    if (path === undefined) {
        return undefined;
    }
    try {
        accessSync(path, constants.X_OK);
    } catch (error) {
        throw new Error(`LAB_PLUGIN_PATH: ${path} is not executable`, { cause: error });
    }
    return { from: "file", path };
}
