import type { Client, ClientChannel } from "ssh2";
import type { Context } from "../provider/resource.ts";
import { type Connection, dial } from "./dial.ts";
import { lineLogger } from "./lines.ts";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

export interface RemoteRun {
    command: string;
    connection: Connection;
    stdin: string;
    /** Sent, but no error where the server does not accept it. */
    environment: NodeJS.ProcessEnv;
    logging: Logging;
}

interface Ended {
    code: number | null;
    signal: string | null;
    stdout: string;
    stderr: string;
    /** Both, in the order in which they came. */
    all: string;
}

/** Runs one command on a machine and gives its outputs. Fails with all that the command printed. */
export async function runRemotely(
    run: RemoteRun,
    context: Context,
): Promise<{ stdout: string; stderr: string }> {
    const client = await dial(run.connection, context);
    try {
        const ended = await execute(client, run, context);
        if (ended.code !== 0) {
            const quoted = JSON.stringify(run.command);
            throw new Error(`${failure(ended)}: running ${quoted}:\n${ended.all}`);
        }
        return { stdout: trimmed(ended.stdout), stderr: trimmed(ended.stderr) };
    } finally {
        client.destroy();
    }
}

function execute(client: Client, run: RemoteRun, context: Context): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const closed = () => reject(new Error("ssh: the server closed the connection"));
        client.once("close", closed);
        client.exec(run.command, { env: run.environment }, (error, channel) => {
            client.off("close", closed);
            if (error) {
                reject(error);
            } else {
                // In this very turn: the exit status may be in the packet that is being read, and comes but once.
                finish(channel, client, run, context).then(resolve, reject);
            }
        });
    });
}

function finish(
    channel: ClientChannel,
    client: Client,
    run: RemoteRun,
    context: Context,
): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[], all: [] as Buffer[] };
        const logged = {
            stdout: run.logging === "stdout" || run.logging === "stdoutAndStderr",
            stderr: run.logging === "stderr" || run.logging === "stdoutAndStderr",
        };
        const lines = lineLogger((line) => context.log("info", line, true));
        let exit: { code: number | null; signal: string | null } | undefined;
        const take = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
            chunks[stream].push(chunk);
            chunks.all.push(chunk);
            if (logged[stream]) {
                lines.write(chunk);
            }
        };
        channel.on("data", take("stdout"));
        channel.stderr.on("data", take("stderr"));
        channel.on("exit", (code: number | null, signal?: string) => {
            exit = { code, signal: signal ?? null };
        });
        channel.on("close", () => {
            lines.end();
            if (!exit) {
                reject(new Error(lost(context, run, concat(chunks.all))));
                return;
            }
            const [stdout, stderr] = [concat(chunks.stdout), concat(chunks.stderr)];
            resolve({ ...exit, stdout, stderr, all: concat(chunks.all) });
        });
        client.once("close", () => channel.destroy());
        context.signal.addEventListener("abort", () => client.destroy(), { once: true });
        // A command may end without reading all of its input.
        channel.on("error", () => undefined);
        channel.end(run.stdin);
    });
}

function lost(context: Context, run: RemoteRun, all: string): string {
    const reason = context.signal.aborted
        ? "context canceled"
        : "wait: remote command exited without exit status or exit signal";
    return `${reason}: running ${JSON.stringify(run.command)}:\n${all}`;
}

/** The words of Go's ssh.ExitError. */
function failure({ code, signal }: Ended): string {
    const status = `Process exited with status ${code ?? 128}`;
    return signal ? `${status} from signal ${signal.replace(/^SIG/, "")}` : status;
}

function concat(chunks: Buffer[]): string {
    return Buffer.concat(chunks).toString();
}

function trimmed(output: string): string {
    return output.replace(/\n$/, "");
}
