import { randomBytes } from "node:crypto";
import { z } from "zod";
import { images, locations, serverTypes } from "../catalog.ts";
import type { Fleet } from "../fleet.ts";
import { freeAddress } from "../network.ts";
import type { Server, Store } from "../store.ts";
import { ApiError, invalidField } from "./errors.ts";
import { hostName, labels, parse } from "./input.ts";
import { listOf } from "./list.ts";
import { named, refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";
import { serverView } from "./serverView.ts";

/** Things are named by their id or their name. */
const idOrName = z.union([z.number().int(), z.string().min(1)]).transform(String);
const creation = z.object({
    name: hostName,
    server_type: idOrName,
    image: idOrName,
    location: idOrName.optional(),
    datacenter: idOrName.optional(),
    ssh_keys: z.array(idOrName).default([]),
    firewalls: z
        .array(z.object({ firewall: z.number().int() }))
        .max(5)
        .default([]),
    user_data: z
        .string()
        .max(32 * 1024, "must be at most 32 KiB")
        .optional(),
    labels: labels.default({}),
    start_after_create: z.boolean().default(true),
    public_net: z
        .object({
            enable_ipv4: z.literal(true, "the lab's servers have a public IPv4 address").optional(),
            enable_ipv6: z.boolean().optional(),
        })
        .optional(),
    volumes: z.array(z.unknown()).max(0, "the lab's cloud has none").optional(),
    networks: z.array(z.unknown()).max(0, "the lab's cloud has none").optional(),
});
const update = z.object({ name: hostName.optional(), labels: labels.optional() });

export function findServer(store: Store, id: string): Server {
    return withId("server", store.state.servers, id);
}

export function serverRoutes(store: Store, fleet: Fleet): Route[] {
    const { servers } = store.state;
    const view = (server: Server) => serverView(server, fleet, store.state);
    return [
        [
            "GET",
            "/servers",
            ({ query }) => {
                const status = query.getAll("status");
                const found = servers.filter(
                    (each) => status.length === 0 || status.includes(view(each).status),
                );
                return { body: listOf("servers", found, query, view) };
            },
        ],
        [
            "GET",
            "/servers/:id",
            ({ params }) => ({ body: { server: view(findServer(store, params.id)) } }),
        ],
        [
            "POST",
            "/servers",
            ({ body }) => {
                const given = parse(creation, body);
                refuseName(servers, given.name);
                const server = newServer(store, given);
                const publicKeys = keysOf(store, given.ssh_keys);
                const rootPassword =
                    publicKeys.length === 0 ? randomBytes(12).toString("base64url") : undefined;
                servers.push(server);
                const { action, next } = fleet.create(server, {
                    instanceId: server.id,
                    hostname: server.name,
                    publicKeys,
                    userData: given.user_data,
                    rootPassword,
                });
                return {
                    body: {
                        server: view(server),
                        action,
                        next_actions: next,
                        root_password: rootPassword ?? null,
                    },
                };
            },
        ],
        [
            "PUT",
            "/servers/:id",
            ({ params, body }) => {
                const server = findServer(store, params.id);
                const given = parse(update, body);
                refuseName(servers, given.name ?? server.name, server);
                Object.assign(server, given);
                store.save();
                return { body: { server: view(server) } };
            },
        ],
        [
            "DELETE",
            "/servers/:id",
            ({ params }) => ({ body: { action: fleet.delete(findServer(store, params.id)) } }),
        ],
    ];
}

function newServer(store: Store, given: z.infer<typeof creation>): Server {
    const { state } = store;
    const type = named("server_type", serverTypes, given.server_type);
    const image = named("image", images, given.image);
    const at = given.location ?? given.datacenter?.replace(/-dc\d+$/, "") ?? type.offeredIn[0];
    const location = named("location", locations, at);
    if (!type.offeredIn.includes(location.name)) {
        throw invalidField("location", `${type.name} is not offered in ${location.name}`);
    }
    if (type.soldOutIn?.includes(location.name)) {
        throw new ApiError(412, "resource_unavailable", "error during placement");
    }
    const firewalls = given.firewalls.map(
        ({ firewall }) => named("firewalls", state.firewalls, String(firewall)).id,
    );
    const address = freeAddress(state);
    if (address === undefined) {
        throw new ApiError(403, "resource_limit_exceeded", "server limit exceeded: 253");
    }
    return {
        id: store.nextId(),
        name: given.name,
        labels: given.labels,
        created: new Date().toISOString(),
        serverType: type.name,
        diskSize: type.disk,
        image: image.id,
        location: location.name,
        address,
        firewalls,
        protection: { delete: false, rebuild: false },
        power: given.start_after_create ? "on" : "off",
        cut: false,
        status: "initializing",
    };
}

function keysOf({ state }: Store, idsOrNames: string[]): string[] {
    return idsOrNames.map((each) => named("ssh_keys", state.sshKeys, each).public_key);
}
