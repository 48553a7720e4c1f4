import { existsSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { stateDir } from "../settings.ts";
import type { LabServer } from "./api/lab.ts";
import { killLabGroup } from "./cgroup.ts";
import { askLab, type Cloud } from "./client.ts";
import { runningCloud, startCloud, stopDaemon, withCloudLock } from "./launch.ts";
import { removeNetwork, restoreForwarding } from "./network.ts";
import { keepPackages } from "./packageCache.ts";
import { allStatePaths, cloudDir, labsDir, serverDir, statePath } from "./paths.ts";
import { readState } from "./store.ts";

export type { Cloud, LabServer };

/**
 * Makes this lab's cloud serve, with progress on stderr, and gives where: a Hetzner Cloud API on loopback. Takes up
 * what an earlier daemon left; servers that were on when it, or this computer, went down are booted again.
 */
export async function ensureCloud(): Promise<Cloud> {
    return (
        (await runningCloud()) ??
        (await withCloudLock(async () => (await runningCloud()) ?? (await startCloud())))
    );
}

/** Removes all of this lab's cloud from this computer, whatever state it is in. */
export async function destroyCloud(): Promise<void> {
    await withCloudLock(async () => {
        await stopDaemon();
        await killLabGroup();
        await removeNetwork();
        if (existsSync(statePath)) {
            for (const { id } of readState(statePath).servers) {
                await keepPackages(serverDir(id));
            }
        }
        await rm(cloudDir, { recursive: true, force: true });
        if (allStatePaths().length === 0) {
            restoreForwarding();
        }
        await removeEmpty(stateDir);
    });
    await removeEmpty(labsDir);
}

/** The servers that there are; none when the lab is not up. */
export async function cloudStatus(): Promise<{ servers: LabServer[] }> {
    if (!existsSync(statePath)) {
        return { servers: [] };
    }
    return askLab(await ensureCloud(), "GET", "servers");
}

/** Powers a server off at once, as a power cut does: all of its processes end by SIGKILL. */
export async function powerOff(name: string): Promise<void> {
    await tell(name, "poweroff");
}

/** Powers a server on; it boots meanwhile. */
export async function powerOn(name: string): Promise<void> {
    await tell(name, "poweron");
}

/** Takes a server off the network, both ways, established connections too. */
export async function cut(name: string): Promise<void> {
    await tell(name, "cut");
}

/** Puts a server back on the network. */
export async function heal(name: string): Promise<void> {
    await tell(name, "heal");
}

/** What has something of others in it stays. */
async function removeEmpty(directory: string): Promise<void> {
    await rmdir(directory).catch(() => undefined);
}

/** Where this computer sees what a server has written to its disk, powered on or not. */
export function diskOf(name: string): string {
    const server = readState(statePath).servers.find((each) => each.name === name);
    if (!server) {
        throw new Error(`no server "${name}": the lab is not up (npm run lab)`);
    }
    return join(serverDir(server.id), "upper");
}

async function tell(name: string, verb: string): Promise<void> {
    if (!existsSync(statePath)) {
        throw new Error(`no server "${name}": the lab is not up (npm run lab)`);
    }
    await askLab(await ensureCloud(), "POST", `servers/${encodeURIComponent(name)}/${verb}`);
}
