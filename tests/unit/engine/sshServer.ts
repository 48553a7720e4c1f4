import { spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { type AuthContext, type Client, type Connection, Server, type Session, utils } from "ssh2";
import { generatePrivateKey } from "sshpk";

/** An SSH server on loopback that runs commands with bash, as the user who runs the test. */
export class SshServer {
    /** Commands, in the order in which they came. */
    readonly commands: string[] = [];
    readonly hostKey: string;
    readonly userKey: string;
    /** How many connections are dropped before one is served. */
    drops = 0;
    readonly #server: Server;
    readonly #connections = new Set<Connection>();

    constructor() {
        // Not by ssh2's own generator: of 3000 ED25519 keys that it made, 10 could not be read again.
        const [host, user] = [generatePrivateKey("ed25519"), generatePrivateKey("ed25519")];
        this.hostKey = host.toPublic().toString("ssh");
        this.userKey = user.toString("ssh-private");
        const allowed = utils.parseKey(user.toPublic().toString("ssh"));
        if (allowed instanceof Error) {
            throw allowed;
        }
        this.#server = new Server({ hostKeys: [host.toString("ssh-private")] }, (connection) => {
            this.#connections.add(connection);
            // The types leave it out.
            (connection as unknown as Client).setNoDelay();
            connection.on("error", () => undefined);
            connection.on("close", () => this.#connections.delete(connection));
            if (this.drops-- > 0) {
                connection.end();
                return;
            }
            connection.on("authentication", (context: AuthContext) => {
                const known =
                    context.method === "publickey" &&
                    context.key.data.equals(allowed.getPublicSSH());
                if (known) {
                    context.accept();
                } else {
                    context.reject(["publickey"]);
                }
            });
            connection.on("session", (accept) => this.#serve(accept()));
        });
    }

    async start(): Promise<number> {
        await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
        return (this.#server.address() as AddressInfo).port;
    }

    async stop(): Promise<void> {
        this.#connections.forEach((connection) => connection.end());
        await new Promise<void>((done) => this.#server.close(() => done()));
    }

    #serve(session: Session): void {
        const env: Record<string, string> = {};
        session.on("env", (_accept, _reject, { key, val }) => (env[key] = val));
        session.on("exec", (accept, _reject, { command }) => {
            this.commands.push(command);
            const channel = accept();
            if (command === ":") {
                // Its exit status follows at once, in the packet that says that it has begun.
                channel.exit(0);
                channel.end();
                return;
            }
            const child = spawn("bash", ["-c", command], { env: { ...process.env, ...env } });
            channel.pipe(child.stdin).on("error", () => undefined);
            child.stdout.pipe(channel, { end: false });
            child.stderr.pipe(channel.stderr, { end: false });
            channel.on("close", () => child.kill());
            child.on("close", (code, signal) => {
                if (signal) {
                    channel.exit(signal, false, "");
                } else {
                    channel.exit(code ?? 0);
                }
                channel.end();
            });
        });
    }
}
