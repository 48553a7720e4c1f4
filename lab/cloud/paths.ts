import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir, stateDir } from "../settings.ts";

/** Has a folder for each lab of this computer. */
export const labsDir = dirname(stateDir);

/** All that the lab's cloud keeps on disk. Read by other checkouts too: `down` works from any of them. */
export const cloudDir = join(stateDir, "cloud");
export const statePath = join(cloudDir, "state.json");
export const tokenPath = join(cloudDir, "token");
export const endpointPath = join(cloudDir, "endpoint.json");
export const logPath = join(cloudDir, "daemon.log");
export const imageDir = join(cloudDir, "image");
export const serversDir = join(cloudDir, "servers");

/** Shared by the labs of this computer. */
export const imageCache = join(cacheDir, "images");
export const packageCache = join(cacheDir, "debs");
export const pythonCache = join(cacheDir, "uv");

/** The disk of one server and what belongs to it. */
export function serverDir(id: number): string {
    return join(serversDir, String(id));
}

/** The states of all labs of this computer, powered on or not. */
export function allStatePaths(): string[] {
    const labs = existsSync(labsDir) ? readdirSync(labsDir) : [];
    return labs.map((lab) => join(labsDir, lab, "cloud", "state.json")).filter(existsSync);
}
