import { spawn } from "node:child_process";
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, renameSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../root.ts";
import { labName } from "../settings.ts";
import { childrenOf, isPopulated, killGroup, labGroup, processesOf } from "./cgroup.ts";
import { nameservers } from "./host/nameservers.ts";
import { gatewayOf, linkAlias, linkOf, macOf, removeLink, uplinkMtu } from "./network.ts";
import { keepPackages, placePackages } from "./packageCache.ts";
import { cloudDir, imageDir, pythonCache, serverDir } from "./paths.ts";
import { networkFile, seedFiles, type Seed } from "./seed.ts";
import type { Server } from "./store.ts";

/** Milliseconds between two looks at a boot, and until systemd must have begun. */
const interval = 50;
const bootPatience = 30_000;
/** SIGRTMIN+4 and +5 are systemd's signals for "power off" and "reboot"; glibc's SIGRTMIN is 34. */
const signals = { shutdown: 38, reboot: 39 };

/** A copy: the checkout may go while the lab stays. */
const script = join(cloudDir, "machine.sh");

/** Leaves the old file to those who run it. */
export function placeScript(): void {
    const part = `${script}.part`;
    copyFileSync(join(root, "lab/cloud/machine.sh"), part);
    renameSync(part, script);
}

/** Makes the disk of a new server. */
export async function createDisk(server: Server, subnet: number, seed: Seed): Promise<void> {
    const disk = serverDir(server.id);
    await rm(disk, { recursive: true, force: true });
    const nocloud = join(disk, "upper/var/lib/cloud/seed/nocloud");
    const network = join(disk, "upper/etc/systemd/network");
    for (const directory of [nocloud, network, join(disk, "work"), join(disk, "root")]) {
        await mkdir(directory, { recursive: true });
    }
    for (const [name, text] of Object.entries(seedFiles(seed))) {
        await writeFile(join(nocloud, name), text, { mode: 0o600 });
    }
    const text = networkFile(server.address, gatewayOf(subnet));
    await writeFile(join(network, "10-eth0.network"), text);
    await placePackages(join(disk, "packages"));
}

/** Powers a server on, and gives back when its systemd has begun; nothing when it is on. */
export async function boot(server: Server, subnet: number): Promise<void> {
    if (isRunning(server)) {
        return;
    }
    await clear(server, subnet);
    const disk = serverDir(server.id);
    await rm(join(disk, "halted"), { force: true });
    await mkdir(pythonCache, { recursive: true });
    await writeFile(join(disk, "upper/etc/resolv.conf"), nameservers());
    // A group of its own for each boot: one that was killed is not used again.
    const group = `${groupPrefix(server)}${Date.now().toString(36)}`;
    const end = launch(server, subnet, group, await uplinkMtu());
    const deadline = Date.now() + bootPatience;
    while (processesOf(`${group}/payload/init.scope`).length === 0) {
        const ended = await Promise.race([end, delay(interval)]);
        if (ended !== undefined || Date.now() > deadline) {
            throw new Error(
                `${server.name} does not boot: ${lastLines(join(disk, "console.log"))}`,
            );
        }
    }
}

/** A power cut: every process of the server ends at once. */
export async function kill(server: Server, subnet: number): Promise<void> {
    await clear(server, subnet);
}

/** Asks the server's systemd to power off or to reboot. */
export function ask(server: Server, what: keyof typeof signals): void {
    const group = groupsOf(server).find(isPopulated);
    const [init] = group ? processesOf(`${group}/payload/init.scope`) : [];
    if (init !== undefined) {
        process.kill(init, signals[what]);
    }
}

/** The network namespace of a server whose systemd has begun; undefined for any other. */
export function namespaceOf(server: Server): string | undefined {
    const group = groupsOf(server).find(isPopulated);
    const [init] = group ? processesOf(`${group}/payload/init.scope`) : [];
    return init === undefined ? undefined : `/proc/${init}/ns/net`;
}

export function isRunning(server: Server): boolean {
    return groupsOf(server).some(isPopulated);
}

/** Did the server power itself off? */
export function isHalted(server: Server): boolean {
    return existsSync(join(serverDir(server.id), "halted"));
}

export async function removeDisk(server: Server, subnet: number): Promise<void> {
    await clear(server, subnet);
    await keepPackages(serverDir(server.id));
    await rm(serverDir(server.id), { recursive: true, force: true });
}

async function clear(server: Server, subnet: number): Promise<void> {
    for (const group of groupsOf(server)) {
        await killGroup(group);
    }
    await removeLink(server, subnet);
}

function groupPrefix({ id }: Server): string {
    return `${labGroup}/${id}-`;
}

function groupsOf(server: Server): string[] {
    return childrenOf(labGroup).filter((group) => group.startsWith(groupPrefix(server)));
}

/** Resolves when the machine is off. It lives on when this process ends. */
function launch(server: Server, subnet: number, group: string, mtu: number): Promise<true> {
    const disk = serverDir(server.id);
    const console = openSync(join(disk, "console.log"), "a", 0o600);
    const env = {
        PATH: process.env.PATH,
        MACHINE: `${labName}-${server.name}`.slice(0, 64),
        HOST_NAME: server.name,
        IMAGE: imageDir,
        DISK: disk,
        CGROUP: group,
        PYTHON_CACHE: pythonCache,
        LINK: linkOf(subnet, server.address),
        LINK_ALIAS: linkAlias,
        ADDRESS: server.address,
        GATEWAY: gatewayOf(subnet),
        MAC: macOf(server.address),
        MTU: String(mtu),
    };
    const child = spawn("unshare", ["--mount", "--propagation", "private", "bash", script], {
        cwd: "/",
        env,
        detached: true,
        stdio: ["ignore", console, console],
    });
    closeSync(console);
    child.unref();
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("exit", () => resolve(true));
    });
}

function lastLines(path: string): string {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}
