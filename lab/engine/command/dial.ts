import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import ssh, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import type { Context } from "../provider/resource.ts";

/** The `connection` input, defaults applied. */
export interface Connection {
    host: string;
    port: number;
    user: string;
    privateKey?: string;
    privateKeyPassword?: string;
    password?: string;
    /** A line as in authorized_keys; absent: any key of the server is taken. */
    hostKey?: string;
    agentSocketPath?: string;
    /** How many failed attempts are borne; -1: any number. */
    dialErrorLimit: number;
    /** Seconds for one TCP connection; 0: no limit. */
    perDialTimeout: number;
}

// What the real plugin waits between two attempts (sdk/go/common/util/retry).
const firstDelay = 100;
const backoff = 1.5;
const longestDelay = 5_000;

/** Connects over SSH, again and again within the connection's limit. */
export async function dial(connection: Connection, context: Context): Promise<Client> {
    const limit = connection.dialErrorLimit;
    let wait = firstDelay;
    for (let attempt = 1; ; attempt++) {
        try {
            return await dialOnce(connection, context.signal);
        } catch (error) {
            context.signal.throwIfAborted();
            const reason = error instanceof Error ? error.message : String(error);
            if (limit > -1 && attempt > limit) {
                throw new Error(`after ${attempt - 1} failed attempts: ${reason}`, {
                    cause: error,
                });
            }
            const of = limit === -1 ? "inf" : String(limit);
            context.log("info", `Dial ${attempt}/${of} failed: retrying`, true);
        }
        await delay(wait, undefined, { signal: context.signal });
        wait = Math.min(wait * backoff, longestDelay);
    }
}

async function dialOnce(connection: Connection, signal: AbortSignal): Promise<Client> {
    const config = clientConfig(connection);
    const sock = await openSocket(connection, signal);
    const client = new ssh.Client();
    try {
        await new Promise<void>((resolve, reject) => {
            client.once("ready", resolve);
            // For good: after a failure, or once it is connected, ssh2 may emit further ones. What ends a
            // connection later is seen by the command that runs on it.
            client.on("error", reject);
            client.once("close", () => reject(new Error("ssh: the server closed the connection")));
            signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
            client.connect({ ...config, sock });
        });
    } catch (error) {
        client.destroy();
        throw error;
    }
    return client;
}

function openSocket({ host, port, perDialTimeout }: Connection, signal: AbortSignal) {
    return new Promise<Socket>((resolve, reject) => {
        const socket = connect({ host, port, signal, noDelay: true });
        if (perDialTimeout > 0) {
            socket.setTimeout(perDialTimeout * 1000, () =>
                socket.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)),
            );
        }
        socket.once("error", reject);
        socket.once("connect", () => {
            socket.setTimeout(0);
            socket.off("error", reject);
            resolve(socket);
        });
    });
}

function clientConfig(connection: Connection): ConnectConfig {
    const agent = connection.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
    return {
        username: connection.user,
        privateKey: connection.privateKey,
        passphrase: connection.privateKeyPassword,
        password: connection.password,
        tryKeyboard: false,
        agent: agent === "" ? undefined : agent,
        // As in Go's client only the TCP connection has a limit; a peer that is silent for 15 × 9 s is gone.
        readyTimeout: 0,
        keepaliveInterval: 15_000,
        keepaliveCountMax: 9,
        ...pinned(connection.hostKey),
    };
}

/** Asks for a key of the pinned type and refuses any other key than the pinned one. */
function pinned(hostKey: string | undefined): Partial<ConnectConfig> {
    if (hostKey === undefined) {
        return {};
    }
    const [type, blob] = hostKey.trim().split(/\s+/);
    if (!type || !blob || ssh.utils.parseKey(hostKey) instanceof Error) {
        throw new Error("failed to parse host key: ssh: no key found");
    }
    return {
        algorithms: { serverHostKey: [type as ServerHostKeyAlgorithm] },
        hostVerifier: (key: Buffer) => key.equals(Buffer.from(blob, "base64")),
    };
}
