import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../helpers/lab";
import { output } from "./cloud";

/** How each port answers: only what is dropped on the way is silent. */
export function reach(host: string, ports: number[]): Promise<string[]> {
    return Promise.all(ports.map((port) => reachOne(host, port)));
}

function reachOne(host: string, port: number): Promise<string> {
    return new Promise((resolve) => {
        const socket = connect({ host, port, timeout: 1500 });
        const end = (answer: string) => {
            socket.destroy();
            resolve(answer);
        };
        socket.on("connect", () => end("open"));
        socket.on("timeout", () => end("silent"));
        socket.on("error", (error: NodeJS.ErrnoException) =>
            end(error.code === "ECONNREFUSED" ? "closed" : "silent"),
        );
    });
}

/** A public key that nobody has the private one of. */
export function publicKey(): string {
    const field = (data: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, data.length]), data]);
    const type = "ssh-ed25519";
    const key = Buffer.concat([field(Buffer.from(type)), field(randomBytes(32))]);
    return `${type} ${key.toString("base64")}`;
}

/** An SSH key of the test's own. */
export class Key {
    readonly #folder = mkdtempSync(join(tmpdir(), "cloud-key-"));
    readonly #file = join(this.#folder, "key");

    /** Makes the key and gives its public half. */
    async make(): Promise<string> {
        await output(run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", this.#file]));
        return readFileSync(`${this.#file}.pub`, "utf8");
    }

    /** Runs a script as root on a machine and gives what it prints. */
    ssh(address: string, script: string): Promise<string> {
        const options = [
            ...["-i", this.#file, "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"],
            ...["-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=2"],
        ];
        return output(run("ssh", [...options, `root@${address}`, script]));
    }

    remove(): void {
        rmSync(this.#folder, { recursive: true });
    }
}
