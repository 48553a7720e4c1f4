import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Manifest {
    name: string;
    version: string;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    pulumi?: { resource?: boolean; name?: string; version?: string };
}

export interface Package {
    name: string;
    version: string;
}

/** The npm packages that the program at `directory` names, with the versions that are installed. */
export function installedPackages(directory: string): Package[] {
    return installedManifests(directory).map(({ name, version }) => ({ name, version }));
}

/** The resource plugins that those packages say they need. */
export function requiredPlugins(directory: string): Package[] {
    return installedManifests(directory).flatMap(({ name, version, pulumi }) =>
        pulumi?.resource
            ? [
                  {
                      name: pulumi.name ?? name.replace(/^@pulumi\//, ""),
                      version: pulumi.version ?? version,
                  },
              ]
            : [],
    );
}

function installedManifests(directory: string): Manifest[] {
    const manifest = findUp(directory, "package.json");
    if (!manifest) {
        return [];
    }
    const { dependencies, devDependencies } = readManifest(manifest);
    return Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => {
        const installed = findUp(directory, join("node_modules", name, "package.json"));
        return installed ? [readManifest(installed)] : [];
    });
}

function readManifest(path: string): Manifest {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** The nearest file of that name in `directory` or above it. */
export function findUp(directory: string, name: string): string | undefined {
    const path = join(directory, name);
    if (existsSync(path)) {
        return path;
    }
    const parent = dirname(directory);
    return parent === directory ? undefined : findUp(parent, name);
}
