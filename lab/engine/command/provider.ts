import { randomBytes } from "node:crypto";
import type { Context, Provider, Resource } from "../provider/resource.ts";
import type { Shape } from "../provider/shape.ts";
import { equal, text, type Values } from "../rpc/values.ts";
import type { Connection } from "./dial.ts";
import { type Logging, runRemotely } from "./run.ts";

const connection: Shape = {
    host: { type: "string", required: true },
    port: { type: "number", default: 22 },
    user: { type: "string", default: "root" },
    privateKey: { type: "string", secret: true },
    privateKeyPassword: { type: "string", secret: true },
    password: { type: "string", secret: true },
    hostKey: { type: "string" },
    agentSocketPath: { type: "string" },
    dialErrorLimit: { type: "number", default: 10 },
    perDialTimeout: { type: "number", default: 15 },
};

/**
 * `environment` is refused: the real plugin fails where sshd does not accept a variable, and ssh2 does not say
 * whether it did.
 */
const inputs: Shape = {
    connection: { type: "object", fields: connection, required: true, secret: true },
    create: { type: "string" },
    update: { type: "string" },
    delete: { type: "string" },
    stdin: { type: "string" },
    addPreviousOutputInEnv: { type: "boolean" },
    logging: { type: "string", allowed: ["stdout", "stderr", "stdoutAndStderr", "none"] },
    triggers: { type: "list", items: { type: "any" }, replaces: true },
};

const remoteCommand: Resource = {
    inputs,
    computed: ["stdout", "stderr"],
    recomputed(state, news) {
        const changed = Object.keys(inputs).some(
            (name) => name in state && !equal(state[name], news[name]),
        );
        return changed ? ["stdout", "stderr"] : [];
    },
    async create(news, context) {
        const id = `${context.name}${randomBytes(4).toString("hex")}`;
        const { create } = news;
        const outputs =
            typeof create === "string" ? await run(create, news, {}, context) : noOutput;
        return { id, outputs: { ...news, ...outputs } };
    },
    async update(_id, state, news, context) {
        const command = news.update ?? news.create;
        const before = { stdout: state.stdout ?? "", stderr: state.stderr ?? "" };
        const outputs =
            typeof command === "string" ? await run(command, news, before, context) : before;
        return { ...news, ...outputs };
    },
    async delete(_id, state, context) {
        if (typeof state.delete === "string") {
            await run(state.delete, state, state, context);
        }
    },
};

const noOutput = { stdout: "", stderr: "" };

function run(command: string, values: Values, before: Values, context: Context): Promise<Values> {
    const previous = values.addPreviousOutputInEnv === false ? {} : before;
    return runRemotely(
        {
            command,
            connection: values.connection as unknown as Connection,
            stdin: text(values.stdin),
            environment: {
                ...(text(previous.stdout) && { PULUMI_COMMAND_STDOUT: text(previous.stdout) }),
                ...(text(previous.stderr) && { PULUMI_COMMAND_STDERR: text(previous.stderr) }),
            },
            logging: (values.logging ?? "stdoutAndStderr") as Logging,
        },
        context,
    );
}

export const provider: Provider = {
    name: "command",
    keepsSecrets: true,
    config: {},
    resources: { "command:remote:Command": remoteCommand },
};
