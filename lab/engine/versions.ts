import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

/** The plugins that the program needs. */
export const plugins = ["command", "hcloud", "random", "tls"] as const;
export type PluginName = (typeof plugins)[number];

interface Manifest {
    version: string;
}

/** The version of an installed npm package of @pulumi; the CLI and a plugin have that of their package. */
export function installedVersion(name: PluginName | "pulumi"): string {
    const path = join(root, "node_modules/@pulumi", name, "package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as Manifest).version;
}
