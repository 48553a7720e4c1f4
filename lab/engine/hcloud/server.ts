import { setTimeout as delay } from "node:timers/promises";
import { type Context, Incomplete, type Resource } from "../provider/resource.ts";
import { equal, text, type Value, type Values } from "../rpc/values.ts";
import type { Action, Client } from "./client.ts";
import { Lookup } from "./lookup.ts";
import { checkName, sameGivenName } from "./names.ts";
import { ServerChange } from "./serverChange.ts";
import { inputsOf, outputsOf, type Server, withUserDataHash } from "./serverState.ts";

const created = { type: "string", replaces: true } as const;
const flag = { type: "boolean", default: false } as const;
/** How often, one second apart, a server that was told to shut down is looked at. */
const shutdownLooks = 5;

export function server(client: () => Client): Resource {
    return {
        inputs: {
            name: { type: "string" },
            serverType: { type: "string", required: true },
            // The real plugin fails without an image only when it makes the server.
            image: { ...created, required: true },
            location: created,
            userData: created,
            sshKeys: { type: "list", items: { type: "string" }, replaces: true },
            firewallIds: { type: "list", items: { type: "number" } },
            labels: { type: "map", items: { type: "string" } },
            keepDisk: flag,
            deleteProtection: flag,
            rebuildProtection: flag,
            shutdownBeforeDeletion: flag,
        },
        computed: ["ipv4Address", "ipv6Address", "ipv6Network", "primaryDiskSize", "status"],
        recomputed: (state, inputs) =>
            equal(state.serverType, inputs.serverType) ? [] : ["primaryDiskSize", "status"],
        check: checkName,
        deletesFirst: sameGivenName,
        create: (inputs, context) => create(client(), inputs, context),
        async update(id, state, inputs, { signal }) {
            const change = new ServerChange(client(), id, signal);
            await change.update(state, inputs);
            return outputsOf(await change.get(), withUserDataHash(inputs));
        },
        async read(id, state, { signal }) {
            const path = `/servers/${id}`;
            const found = await client().find<{ server: Server }>(path, signal);
            return (
                found && {
                    inputs: inputsOf(found.server, state),
                    outputs: outputsOf(found.server, state),
                }
            );
        },
        async delete(id, state, context) {
            if (state.shutdownBeforeDeletion === true) {
                await shutDown(new ServerChange(client(), id, context.signal), id, context);
            }
            await client().delete(`/servers/${id}`, context.signal);
        },
    };
}

async function create(client: Client, inputs: Values, { signal }: Context) {
    const body = await requestOf(new Lookup(client, signal), inputs);
    const made = await client.post<{ server: Server; action: Action; next_actions: Action[] }>(
        "/servers",
        body,
        signal,
    );
    const id = String(made.server.id);
    const known = withUserDataHash(inputs);
    try {
        await client.wait([made.action, ...made.next_actions], signal);
        const change = new ServerChange(client, id, signal);
        if (inputs.deleteProtection === true || inputs.rebuildProtection === true) {
            await change.protect(inputs);
        }
        return { id, outputs: outputsOf(await change.get(), known) };
    } catch (error) {
        // It is there and costs money: the state has to know it, whatever went wrong afterwards.
        const reason = error instanceof Error ? error.message : String(error);
        throw new Incomplete(reason, { id, outputs: known });
    }
}

/** The body of `POST /servers` as hcloud-go writes it: what is empty is left out. */
async function requestOf(lookup: Lookup, inputs: Values): Promise<object> {
    const type = await lookup.serverType(text(inputs.serverType));
    const image = await lookup.image(text(inputs.image), type.architecture);
    const sshKeys = await lookup.sshKeys(inputs.sshKeys);
    const firewalls = (inputs.firewallIds ?? []) as Value[];
    return {
        name: inputs.name,
        server_type: inputs.serverType,
        image: image.id,
        location: inputs.location,
        user_data: inputs.userData,
        labels: inputs.labels,
        ...(sshKeys.length > 0 && { ssh_keys: sshKeys }),
        ...(firewalls.length > 0 && {
            firewalls: firewalls.map((id) => ({ firewall: Number(id) })),
        }),
    };
}

async function shutDown(change: ServerChange, id: string, context: Context): Promise<void> {
    await change.shutDown();
    for (let look = 0; look < shutdownLooks; look++) {
        if ((await change.get()).status === "off") {
            return;
        }
        await delay(1_000, undefined, { signal: context.signal });
    }
    const message = `Server id ${id} did not finish shutting down gracefully in time, deleting it anyways.`;
    context.log("warning", message);
}
