import { cp, link, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageCache } from "./paths.ts";

const archives = "var/cache/apt/archives";

/**
 * A layer for a machine's disk that has the packages which earlier machines downloaded, where apt looks before it
 * downloads; apt checks them against the signed index as if it had just fetched them.
 */
export async function placePackages(layer: string): Promise<void> {
    const directory = join(layer, archives);
    await mkdir(directory, { recursive: true });
    for (const file of await packagesIn(packageCache)) {
        await place(join(packageCache, file), join(directory, file));
    }
}

/** Keeps what a machine downloaded for later ones; of each package the newest version only. */
export async function keepPackages(disk: string): Promise<void> {
    await mkdir(packageCache, { recursive: true });
    const directory = join(disk, "upper", archives);
    for (const file of await packagesIn(directory)) {
        if (!existsSync(join(packageCache, file))) {
            const part = join(packageCache, `.${process.pid}-${file}`);
            await place(join(directory, file), part);
            await rename(part, join(packageCache, file));
        }
    }
    await removeOlder();
}

async function removeOlder(): Promise<void> {
    const newest = new Map<string, { file: string; time: number }>();
    for (const file of await packagesIn(packageCache)) {
        // <name>_<version>_<architecture>.deb
        const [name, , architecture] = file.split("_");
        const package_ = `${name}_${architecture}`;
        const time = (await stat(join(packageCache, file))).mtimeMs;
        const other = newest.get(package_);
        const older = other && other.time > time ? file : other?.file;
        if (older !== undefined) {
            await rm(join(packageCache, older), { force: true });
        }
        if (older !== file) {
            newest.set(package_, { file, time });
        }
    }
}

async function packagesIn(directory: string): Promise<string[]> {
    const files = await readdir(directory).catch(() => []);
    return files.filter((file) => file.endsWith(".deb") && !file.startsWith("."));
}

/** A hard link where both are on one file system. */
async function place(from: string, to: string): Promise<void> {
    await link(from, to).catch(() => cp(from, to, { preserveTimestamps: true }));
}
