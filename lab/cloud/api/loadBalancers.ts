import { z } from "zod";
import type { Balance } from "./balance.ts";
import { balancerTypes, locations } from "../catalog.ts";
import { freeAddress } from "../network.ts";
import type { LoadBalancer, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError } from "./errors.ts";
import { labels, parse, resourceName } from "./input.ts";
import { listOf } from "./list.ts";
import { refuseProtected } from "./networks.ts";
import { named, refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";

const idOrName = z.union([z.number().int(), z.string().min(1)]).transform(String);
const none = "are to be added by actions in the lab";
const creation = z.object({
    name: resourceName,
    load_balancer_type: idOrName,
    location: idOrName,
    labels: labels.default({}),
    algorithm: z.object({ type: z.literal("round_robin") }).optional(),
    services: z.array(z.unknown()).max(0, none).nullish(),
    targets: z.array(z.unknown()).max(0, none).nullish(),
});
const update = z.object({ name: resourceName.optional(), labels: labels.optional() });

export function findBalancer(store: Store, id: string): LoadBalancer {
    return withId("load balancer", store.state.loadBalancers, id);
}

export function balancerRoutes(store: Store, actions: Actions, balancing: Balance): Route[] {
    const { loadBalancers } = store.state;
    const view = (balancer: LoadBalancer) => balancerView(balancer, balancing);
    return [
        [
            "GET",
            "/load_balancers",
            ({ query }) => ({ body: listOf("load_balancers", loadBalancers, query, view) }),
        ],
        [
            "GET",
            "/load_balancers/:id",
            ({ params }) => ({ body: { load_balancer: view(findBalancer(store, params.id)) } }),
        ],
        [
            "POST",
            "/load_balancers",
            async ({ body }) => {
                const given = parse(creation, body);
                refuseName(loadBalancers, given.name);
                const balancer = newBalancer(store, given);
                loadBalancers.push(balancer);
                await balancing.apply();
                const resources = [{ id: balancer.id, type: "load_balancer" }];
                const action = actions.done("create_load_balancer", resources);
                store.save();
                return { body: { load_balancer: view(balancer), action } };
            },
        ],
        [
            "PUT",
            "/load_balancers/:id",
            ({ params, body }) => {
                const balancer = findBalancer(store, params.id);
                const given = parse(update, body);
                refuseName(loadBalancers, given.name ?? balancer.name, balancer);
                Object.assign(balancer, given);
                store.save();
                return { body: { load_balancer: view(balancer) } };
            },
        ],
        [
            "DELETE",
            "/load_balancers/:id",
            async ({ params }) => {
                const balancer = findBalancer(store, params.id);
                refuseProtected("load balancer", balancer);
                loadBalancers.splice(loadBalancers.indexOf(balancer), 1);
                await balancing.apply();
                const resources = [{ id: balancer.id, type: "load_balancer" }];
                const action = actions.done("delete_load_balancer", resources);
                store.save();
                return { body: { action } };
            },
        ],
    ];
}

function newBalancer(store: Store, given: z.infer<typeof creation>): LoadBalancer {
    const type = named("load_balancer_type", balancerTypes, given.load_balancer_type);
    const location = named("location", locations, given.location);
    const address = freeAddress(store.state);
    if (address === undefined) {
        throw new ApiError(403, "resource_limit_exceeded", "no public address is left: 253");
    }
    return {
        id: store.nextId(),
        name: given.name,
        labels: given.labels,
        created: new Date().toISOString(),
        type: type.name,
        location: location.name,
        address,
        protection: { delete: false },
        attachment: null,
        services: [],
        targets: [],
    };
}

/** A load balancer as the API describes it. Its IPv6 address is one for documentation: the lab has none. */
function balancerView(balancer: LoadBalancer, balancing: Balance) {
    const { id, name, labels, created, address, protection, services } = balancer;
    return {
        ...{ id, name, labels, created, protection, services },
        location: locations.find((each) => each.name === balancer.location),
        load_balancer_type: balancerTypes.find((each) => each.name === balancer.type),
        public_net: {
            enabled: true,
            ipv4: { ip: address, dns_ptr: null },
            ipv6: { ip: `2001:db8::${id.toString(16)}`, dns_ptr: null },
        },
        private_net: balancer.attachment ? [balancer.attachment] : [],
        algorithm: { type: "round_robin" },
        targets: balancer.targets.map(({ server, use_private_ip }) => ({
            type: "server",
            server: { id: server },
            use_private_ip,
            health_status: services.map(({ listen_port }) => ({
                listen_port,
                status: balancing.health(balancer, listen_port, server),
            })),
        })),
        included_traffic: 0,
        ingoing_traffic: 0,
        outgoing_traffic: 0,
    };
}
