import { spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { childrenOf, joinGroup, killGroup, labGroup, processesOf } from "./cgroup.ts";

/** Reads nothing and ends with its cgroup: what a network namespace of the lab's own lives in. */
const idle = ["unshare", "--net", "sleep", "infinity"];

/** The network namespaces that the lab keeps beside those of its machines, each in a cgroup of its own. */
export function holderOf(name: string): string | undefined {
    const [pid] = processesOf(`${groupOf(name)}/holder`);
    return pid === undefined ? undefined : namespace(pid);
}

/** Gives the namespace's path, and whether it was made just now. */
export async function ensureHolder(name: string): Promise<{ path: string; fresh: boolean }> {
    const there = holderOf(name);
    if (there !== undefined) {
        return { path: there, fresh: false };
    }
    const [command, ...args] = idle;
    const child = spawn(command, args, { cwd: "/", detached: true, stdio: "ignore" });
    await new Promise((resolve, reject) => child.on("spawn", resolve).on("error", reject));
    child.unref();
    const { pid = 0 } = child;
    joinGroup(`${groupOf(name)}/holder`, pid);
    await inside(pid);
    return { path: namespace(pid), fresh: true };
}

/** Ends the namespace, and the links in it. */
export async function dropHolder(name: string): Promise<void> {
    await killGroup(groupOf(name));
}

/** The names that begin so and are held. */
export function heldNames(prefix: string): string[] {
    const names = childrenOf(labGroup).map((group) => group.slice(labGroup.length + 1));
    return names.filter((name) => name.startsWith(prefix));
}

/** Resolves when the process is in a namespace of its own. */
async function inside(pid: number): Promise<void> {
    const own = readlinkSync("/proc/self/ns/net");
    while (readlinkSync(namespace(pid)) === own) {
        await delay(5);
    }
}

function groupOf(name: string): string {
    return `${labGroup}/${name}`;
}

function namespace(pid: number): string {
    return `/proc/${pid}/ns/net`;
}
