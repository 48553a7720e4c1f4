import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { execa } from "execa";
import { progress } from "../engine/progress.ts";
import { root } from "../root.ts";
import { cacheDir, labName, stateDir } from "../settings.ts";
import { askLab, type Cloud, knownCloud } from "./client.ts";
import { copyImage, ensureImage } from "./image.ts";
import { freeSubnet } from "./network.ts";
import {
    allStatePaths,
    cloudDir,
    imageDir,
    labsDir,
    logPath,
    statePath,
    tokenPath,
} from "./paths.ts";
import { emptyState, readState, writeState } from "./store.ts";
import { codeVersion } from "./version.ts";

/** What the cloud runs on: nspawn, nft, ip, unshare. */
const packages = ["systemd-container", "nftables", "iproute2", "util-linux"];
/** In the daemon's environment: finds it whatever became of its files. */
const mark = `AIRFLOW_HA_LAB_DAEMON=${labName}`;
/** Milliseconds between two looks, and until the daemon must serve: it boots machines again before. */
const interval = 50;
const startPatience = 120_000;
const stopPatience = 10_000;

/** The daemon that serves this checkout's code; undefined when none does. */
export async function runningCloud(): Promise<Cloud | undefined> {
    const cloud = knownCloud();
    const health =
        cloud && (await askLab<{ version: string }>(cloud, "GET", "health").catch(() => undefined));
    return health?.version === codeVersion() ? cloud : undefined;
}

/** Starts the daemon of this lab; one that is there already is replaced. */
export async function startCloud(): Promise<Cloud> {
    if (process.getuid?.() !== 0) {
        throw new Error("the lab makes machines and networks: please run it as root");
    }
    await execa("bash", [join(root, "lab/packages.sh"), ...packages], { stdio: "inherit" });
    await prepare();
    await stopDaemon();
    spawnDaemon();
    const deadline = Date.now() + startPatience;
    for (;;) {
        const cloud = await runningCloud();
        if (cloud) {
            return cloud;
        }
        if (daemons().length === 0 || Date.now() > deadline) {
            const tail = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-10).join("\n");
            throw new Error(`the lab's cloud does not start (${logPath}):\n${tail}`);
        }
        await delay(interval);
    }
}

/** Ends the daemon; machines live on. Its state is on disk at all times. */
export async function stopDaemon(): Promise<void> {
    const deadline = Date.now() + stopPatience;
    for (let pids = daemons(); pids.length > 0; pids = daemons()) {
        for (const pid of pids) {
            try {
                process.kill(pid, "SIGKILL");
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
                    throw error;
                }
            }
        }
        if (Date.now() > deadline) {
            throw new Error(`the lab's daemon does not end: process ${pids.join(", ")}`);
        }
        await delay(interval);
    }
}

/** One at a time in this lab. */
export async function withCloudLock<T>(action: () => Promise<T>): Promise<T> {
    return locked(`${stateDir}.cloud`, action);
}

async function locked<T>(path: string, action: () => Promise<T>): Promise<T> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const release = await lockfile.lock(path, {
        realpath: false,
        stale: 10_000,
        retries: { retries: 600, factor: 1, minTimeout: 500, maxTimeout: 500 },
    });
    try {
        return await action();
    } finally {
        await release();
    }
}

/** The files that the daemon begins with. */
async function prepare(): Promise<void> {
    await mkdir(cloudDir, { recursive: true, mode: 0o700 });
    if (!existsSync(imageDir)) {
        await mkdir(cacheDir, { recursive: true });
        const image = await locked(join(cacheDir, "images"), ensureImage);
        await copyImage(image, imageDir);
    }
    if (!existsSync(tokenPath)) {
        await writeFile(tokenPath, randomBytes(32).toString("hex"), { mode: 0o600 });
    }
    if (!existsSync(statePath)) {
        await locked(join(labsDir, "subnets"), async () => {
            const taken = allStatePaths().map((path) => readState(path).subnet);
            writeState(statePath, emptyState(await freeSubnet(taken)));
        });
    }
}

function spawnDaemon(): void {
    progress(`starting the cloud of lab "${labName}"`);
    const log = openSync(logPath, "a", 0o600);
    const child = spawn(join(root, "node_modules/.bin/node"), [join(root, "lab/cloud/daemon.ts")], {
        cwd: "/",
        env: {
            PATH: process.env.PATH,
            HOME: process.env.HOME,
            LAB_NAME: labName,
            LAB_CACHE_DIR: cacheDir,
            AIRFLOW_HA_LAB_DAEMON: labName,
        },
        detached: true,
        stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.unref();
}

function daemons(): number[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => {
        try {
            return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
        } catch {
            return false;
        }
    });
}
