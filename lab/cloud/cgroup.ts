import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmdirSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { labName } from "../settings.ts";

/** Relative to the top of the unified hierarchy. */
const all = "airflow-ha-lab";
export const labGroup = `${all}/${labName}`;

/** Milliseconds between two looks, and how long killed processes may take to go: one may hang in the kernel. */
const interval = 20;
const patience = 30_000;

/** Where this computer shows the unified hierarchy; it may show the old one beside it. */
function hierarchy(): string {
    return findHierarchy() ?? missing();
}

function findHierarchy(): string | undefined {
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    return mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
}

function missing(): never {
    throw new Error("the lab needs cgroup v2: no file system of type cgroup2 is mounted");
}

/** Does any process live in the group or beneath it? */
export function isPopulated(group: string): boolean {
    try {
        const events = readFileSync(join(hierarchy(), group, "cgroup.events"), "utf8");
        return events.includes("populated 1");
    } catch (error) {
        if (isGone(error)) {
            return false;
        }
        throw error;
    }
}

export function childrenOf(group: string): string[] {
    const path = join(hierarchy(), group);
    if (!existsSync(path)) {
        return [];
    }
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((each) => each.isDirectory()).map((each) => `${group}/${each.name}`);
}

export function processesOf(group: string): number[] {
    try {
        const text = readFileSync(join(hierarchy(), group, "cgroup.procs"), "utf8");
        return text.split("\n").filter(Boolean).map(Number);
    } catch (error) {
        if (isGone(error)) {
            return [];
        }
        throw error;
    }
}

/** Moves a process into a group, which is made when it is not there. */
export function joinGroup(group: string, pid: number): void {
    mkdirSync(join(hierarchy(), group), { recursive: true });
    writeFileSync(join(hierarchy(), group, "cgroup.procs"), String(pid));
}

/** Ends every process of the group by SIGKILL, all at once, and removes it. */
export async function killGroup(group: string): Promise<void> {
    const path = join(hierarchy(), group);
    if (!existsSync(path)) {
        return;
    }
    writeFileSync(join(path, "cgroup.kill"), "1");
    const deadline = Date.now() + patience;
    while (isPopulated(group)) {
        if (Date.now() > deadline) {
            const left = processesOf(group).join(", ");
            throw new Error(`processes of ${group} do not end after SIGKILL: ${left}`);
        }
        await delay(interval);
    }
    removeGroup(group);
}

/** Removes all of this lab's groups; their processes end. */
export async function killLabGroup(): Promise<void> {
    if (findHierarchy() === undefined) {
        return;
    }
    await killGroup(labGroup);
    if (existsSync(join(hierarchy(), all)) && childrenOf(all).length === 0) {
        rmdirSync(join(hierarchy(), all));
    }
}

/** Removes a group without processes, and those beneath it. */
function removeGroup(group: string): void {
    childrenOf(group).forEach(removeGroup);
    try {
        rmdirSync(join(hierarchy(), group));
    } catch (error) {
        if (!isGone(error)) {
            throw error;
        }
    }
}

function isGone(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENODEV";
}
