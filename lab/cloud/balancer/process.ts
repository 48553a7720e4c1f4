import { spawn } from "node:child_process";
import {
    closeSync,
    mkdirSync,
    openSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { root } from "../../root.ts";
import { joinGroup, labGroup } from "../cgroup.ts";
import { cloudDir } from "../paths.ts";
import { type BalancerConfig, type Health, healthKey } from "./config.ts";

/** The process of one load balancer. A daemon that is new starts another one in the old one's place. */
export class BalancerProcess {
    readonly #id: number;
    readonly #directory: string;
    #pid: number | undefined;
    #namespace = "";
    #told = "";

    constructor(id: number) {
        this.#id = id;
        this.#directory = join(cloudDir, "balancers", String(id));
    }

    /** Starts it where it does not run, and tells it what has changed. */
    configure(namespace: string, config: BalancerConfig): void {
        const text = JSON.stringify(config);
        const runs = this.#pid !== undefined && isAlive(this.#pid) && this.#namespace === namespace;
        if (runs && text === this.#told) {
            return;
        }
        mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
        const file = join(this.#directory, "config.json");
        writeFileSync(`${file}.part`, text, { mode: 0o600 });
        renameSync(`${file}.part`, file);
        this.#told = text;
        if (runs && this.#pid !== undefined) {
            process.kill(this.#pid, "SIGHUP");
        } else {
            this.#start(namespace);
        }
    }

    health(port: number, server: number): string | undefined {
        try {
            const text = readFileSync(join(this.#directory, "health.json"), "utf8");
            return (JSON.parse(text) as Health)[healthKey(port, server)];
        } catch {
            return undefined; // it has not looked yet
        }
    }

    /** It has ended with its cgroup: nothing is to be left on the disk. */
    forget(): void {
        rmSync(this.#directory, { recursive: true, force: true });
    }

    #start(namespace: string): void {
        this.#end();
        const log = openSync(join(this.#directory, "log"), "a", 0o600);
        const program = join(root, "lab/cloud/balancer/main.ts");
        const node = join(root, "node_modules/.bin/node");
        const child = spawn("nsenter", [`--net=${namespace}`, node, program, this.#directory], {
            cwd: "/",
            env: { PATH: process.env.PATH },
            detached: true,
            stdio: ["ignore", log, log],
        });
        closeSync(log);
        child.on("error", () => undefined); // seen as one that does not run
        child.unref();
        this.#pid = child.pid;
        this.#namespace = namespace;
        if (child.pid !== undefined) {
            writeFileSync(this.#pidFile, String(child.pid));
            // Beside the namespace's holder: both go at once.
            joinGroup(`${labGroup}/lb-${this.#id}/process`, child.pid);
        }
    }

    get #pidFile(): string {
        return join(this.#directory, "pid");
    }

    /** Ends one that an earlier daemon has started. */
    #end(): void {
        try {
            const pid = Number(readFileSync(this.#pidFile, "utf8"));
            if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(this.#directory)) {
                process.kill(pid, "SIGKILL");
            }
        } catch {
            // There is none.
        }
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}
