import { z } from "zod";
import { locations } from "../catalog.ts";
import type { Balance } from "./balance.ts";
import type { Attachment, Network, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { addressesOf, isNetwork, isPartOf, isWithin } from "./cidr.ts";
import { ApiError, invalidField, notFound } from "./errors.ts";
import { labels, parse, resourceName } from "./input.ts";
import { listOf } from "./list.ts";
import { refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const range = z
    .string()
    .refine(isNetwork, "must be a network in CIDR notation without host bits")
    .refine(
        (text) => !isNetwork(text) || privateRanges.some((whole) => isPartOf(text, whole)),
        "must be a private IPv4 network as per RFC 1918",
    );
const zones = [...new Set(locations.map(({ network_zone }) => network_zone))];
const subnet = z.object({
    type: z.literal("cloud", "the lab's cloud has subnets of this type only"),
    ip_range: range,
    network_zone: z.enum(zones),
});
const creation = z.object({
    name: resourceName,
    ip_range: range,
    labels: labels.default({}),
    subnets: z.array(subnet).default([]),
    routes: z.array(z.unknown()).max(0, "the lab's networks have none").optional(),
    expose_routes_to_vswitch: z.literal(false, "the lab has no vSwitch").optional(),
});
const update = z.object({ name: resourceName.optional(), labels: labels.optional() });
const joining = z.object({
    network: z.number().int(),
    ip: z.string().optional(),
    ip_range: range.optional(),
    alias_ips: z.array(z.string()).max(0, "the lab's networks have none").optional(),
});

export function networkRoutes(store: Store, actions: Actions, balancing: Balance): Route[] {
    const { networks } = store.state;
    const find = (id: string) => findNetwork(store, id);
    const view = ({ members, ...network }: Network) => ({
        ...network,
        routes: [],
        servers: members.map(({ server }) => server),
        load_balancers: store.state.loadBalancers
            .filter(({ attachment }) => attachment?.network === network.id)
            .map(({ id }) => id),
        expose_routes_to_vswitch: false,
    });
    const done = async (network: Network, command: string) => {
        await balancing.apply();
        store.save();
        return {
            body: { action: actions.done(command, [{ id: network.id, type: "network" }]) },
        };
    };
    return [
        ["GET", "/networks", ({ query }) => ({ body: listOf("networks", networks, query, view) })],
        ["GET", "/networks/:id", ({ params }) => ({ body: { network: view(find(params.id)) } })],
        [
            "POST",
            "/networks",
            async ({ body }) => {
                const given = parse(creation, body);
                refuseName(networks, given.name);
                const network: Network = {
                    id: store.nextId(),
                    name: given.name,
                    labels: given.labels,
                    ip_range: given.ip_range,
                    created: new Date().toISOString(),
                    protection: { delete: false },
                    subnets: [],
                    members: [],
                };
                given.subnets.forEach((each) => addSubnet(network, each));
                networks.push(network);
                await balancing.apply();
                store.save();
                return { body: { network: view(network) } };
            },
        ],
        [
            "PUT",
            "/networks/:id",
            ({ params, body }) => {
                const network = find(params.id);
                const given = parse(update, body);
                refuseName(networks, given.name ?? network.name, network);
                Object.assign(network, given);
                store.save();
                return { body: { network: view(network) } };
            },
        ],
        [
            "DELETE",
            "/networks/:id",
            async ({ params }) => {
                const network = find(params.id);
                refuseProtected("network", network);
                networks.splice(networks.indexOf(network), 1);
                for (const balancer of store.state.loadBalancers) {
                    if (balancer.attachment?.network === network.id) {
                        balancer.attachment = null;
                        balancer.targets = balancer.targets.filter((each) => !each.use_private_ip);
                    }
                }
                await balancing.apply();
                store.save();
                return { status: 204 };
            },
        ],
        [
            "POST",
            "/networks/:id/actions/add_subnet",
            ({ params, body }) => {
                const network = find(params.id);
                addSubnet(network, parse(subnet, body));
                return done(network, "add_subnet");
            },
        ],
        [
            "POST",
            "/networks/:id/actions/delete_subnet",
            ({ params, body }) => {
                const network = find(params.id);
                const { ip_range } = parse(z.object({ ip_range: range }), body);
                const found = network.subnets.findIndex((each) => each.ip_range === ip_range);
                if (found < 0) {
                    throw notFound("subnet", ip_range);
                }
                if (addressesIn(store, network).some((ip) => isWithin(ip, ip_range))) {
                    throw new ApiError(409, "service_error", "network has attached resources");
                }
                network.subnets.splice(found, 1);
                return done(network, "delete_subnet");
            },
        ],
        [
            "POST",
            "/networks/:id/actions/change_protection",
            ({ params, body }) => {
                const network = find(params.id);
                Object.assign(network.protection, parse(z.object({ delete: z.boolean() }), body));
                return done(network, "change_protection");
            },
        ],
    ];
}

export function findNetwork(store: Store, id: number | string): Network {
    return withId("network", store.state.networks, id);
}

export function refuseProtected(what: string, thing: { protection: { delete: boolean } }): void {
    if (thing.protection.delete) {
        throw new ApiError(403, "protected", `${what} deletion is protected`);
    }
}

/** The place that a request to join a network asks for, or the next one that is free. */
export function placeFor(store: Store, location: string, body: unknown): Attachment {
    const given = parse(joining, body);
    const network = findNetwork(store, given.network);
    const zone = locations.find(({ name }) => name === location)?.network_zone;
    const subnets = network.subnets.filter(
        ({ network_zone, ip_range }) =>
            network_zone === zone && (!given.ip_range || given.ip_range === ip_range),
    );
    const taken = new Set([
        ...addressesIn(store, network),
        ...subnets.map(({ gateway }) => gateway),
    ]);
    taken.add(addressesOf(network.ip_range, 1)[0]);
    const candidates = given.ip
        ? [given.ip].filter((ip) => subnets.some(({ ip_range }) => isWithin(ip, ip_range)))
        : subnets.flatMap(({ ip_range }) => addressesOf(ip_range, 253));
    if (candidates.length === 0) {
        const message = "no subnet of the network has the address and the network zone";
        throw new ApiError(409, "no_subnet_available", message);
    }
    const ip = candidates.find((each) => !taken.has(each));
    if (ip === undefined) {
        throw new ApiError(409, "ip_not_available", "the address is taken");
    }
    return { network: network.id, ip };
}

function addressesIn(store: Store, network: Network): string[] {
    const balancers = store.state.loadBalancers.flatMap(({ attachment }) => attachment ?? []);
    return [
        ...network.members.map(({ ip }) => ip),
        ...balancers.filter((each) => each.network === network.id).map(({ ip }) => ip),
    ];
}

function addSubnet(network: Network, given: z.infer<typeof subnet>): void {
    if (!isPartOf(given.ip_range, network.ip_range)) {
        throw invalidField("ip_range", `is not within the network's ${network.ip_range}`);
    }
    const overlaps = network.subnets.some(
        ({ ip_range }) => isPartOf(ip_range, given.ip_range) || isPartOf(given.ip_range, ip_range),
    );
    if (overlaps) {
        throw invalidField("ip_range", "overlaps another subnet of the network");
    }
    network.subnets.push({ ...given, gateway: addressesOf(network.ip_range, 1)[0] });
}
