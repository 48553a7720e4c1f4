import { z } from "zod";
import type { Balance } from "./balance.ts";
import { balancerTypes } from "../catalog.ts";
import type { BalancerService, LoadBalancer, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError, invalidField, notFound } from "./errors.ts";
import { parse } from "./input.ts";
import { findBalancer } from "./loadBalancers.ts";
import { placeFor } from "./networks.ts";
import { named } from "./named.ts";
import type { Route } from "./router.ts";

const port = z.number().int().min(1).max(65_535);
const healthCheck = z.object({
    protocol: z.literal("http", "the lab's load balancers check by HTTP"),
    port,
    interval: z.number().int().min(3).max(60),
    timeout: z.number().int().min(1).max(60),
    retries: z.number().int().min(1).max(5),
    http: z.object({
        domain: z
            .string()
            .nullish()
            .transform((given) => given ?? ""),
        path: z.string().startsWith("/"),
        response: z
            .string()
            .max(0, "the lab looks at the status only")
            .nullish()
            .transform(() => ""),
        status_codes: z.array(z.string().regex(/^[1-5?*][0-9?*]{0,2}$/)).default(["2??", "3??"]),
        tls: z.literal(false, "the lab's load balancers check by HTTP").default(false),
    }),
});
const service = z.object({
    protocol: z.literal("https", "the lab's load balancers have services of this kind only"),
    listen_port: port.default(443),
    destination_port: port.default(80),
    proxyprotocol: z.literal(false, "the lab has no PROXY protocol").default(false),
    http: z.object({
        cookie_name: z.string().default("HCLBSTICKY"),
        cookie_lifetime: z.number().int().default(300),
        certificates: z.array(z.number().int()).min(1, "a certificate is needed with https"),
        redirect_http: z.boolean().default(false),
        sticky_sessions: z.literal(false, "the lab has no sticky sessions").default(false),
        timeout_idle: z.number().int().min(30).max(300).default(60),
    }),
    health_check: healthCheck,
});
const target = z.object({
    type: z.literal("server", "the lab's load balancers have servers as targets"),
    server: z.object({ id: z.number().int() }),
    use_private_ip: z.boolean().default(false),
});

/** `POST /load_balancers/{id}/actions/…` */
export function balancerActionRoutes(store: Store, actions: Actions, balancing: Balance): Route[] {
    const commands: Record<string, (balancer: LoadBalancer, body: unknown) => void> = {
        attach_to_network: (balancer, body) => {
            if (balancer.attachment) {
                const message = "the load balancer is attached to a network already";
                throw new ApiError(409, "load_balancer_already_attached", message);
            }
            balancer.attachment = placeFor(store, balancer.location, body);
        },
        detach_from_network: (balancer, body) => {
            const { network } = parse(z.object({ network: z.number().int() }), body);
            if (balancer.attachment?.network !== network) {
                throw notFound("network", network);
            }
            if (balancer.targets.some((each) => each.use_private_ip)) {
                const message = "targets are reached by their private addresses";
                throw new ApiError(409, "targets_without_use_private_ip", message);
            }
            balancer.attachment = null;
        },
        add_service: (balancer, body) => {
            const given = checked(parse(service, body));
            if (balancer.services.some((each) => each.listen_port === given.listen_port)) {
                throw new ApiError(409, "source_port_already_used", "the port has a service");
            }
            balancer.services.push(given);
        },
        update_service: (balancer, body) => {
            const given = checked(parse(service, body));
            balancer.services[serviceAt(balancer, given.listen_port)] = given;
        },
        delete_service: (balancer, body) => {
            const given = parse(z.object({ listen_port: port }), body);
            balancer.services.splice(serviceAt(balancer, given.listen_port), 1);
        },
        add_target: (balancer, body) => {
            const { server, use_private_ip } = parse(target, body);
            refuseTarget(store, balancer, server.id, use_private_ip);
            balancer.targets.push({ server: server.id, use_private_ip });
        },
        remove_target: (balancer, body) => {
            const { server } = parse(target, body);
            const found = balancer.targets.findIndex((each) => each.server === server.id);
            if (found < 0) {
                throw new ApiError(404, "load_balancer_target_not_found", "target not found");
            }
            balancer.targets.splice(found, 1);
        },
        change_type: (balancer, body) => {
            const given = parse(z.object({ load_balancer_type: z.string() }), body);
            const type = named("load_balancer_type", balancerTypes, given.load_balancer_type);
            balancer.type = type.name;
        },
        change_protection: (balancer, body) => {
            Object.assign(balancer.protection, parse(z.object({ delete: z.boolean() }), body));
        },
    };
    const checked = (given: BalancerService): BalancerService => {
        for (const id of given.http.certificates) {
            const found = store.state.certificates.find((each) => each.id === id);
            if (!found?.certificate) {
                throw invalidField("http.certificates", `there is no issued certificate ${id}`);
            }
        }
        return given;
    };
    return Object.entries(commands).map(([name, command]): Route => {
        return [
            "POST",
            `/load_balancers/:id/actions/${name}`,
            async ({ params, body }) => {
                const balancer = findBalancer(store, params.id);
                command(balancer, body);
                await balancing.apply();
                const action = actions.done(name, [{ id: balancer.id, type: "load_balancer" }]);
                store.save();
                return { body: { action } };
            },
        ];
    });
}

function serviceAt(balancer: LoadBalancer, listenPort: number): number {
    const found = balancer.services.findIndex(({ listen_port }) => listen_port === listenPort);
    if (found < 0) {
        throw notFound("service", listenPort);
    }
    return found;
}

function refuseTarget(
    store: Store,
    balancer: LoadBalancer,
    server: number,
    usePrivateIp: boolean,
): void {
    if (!store.state.servers.some(({ id }) => id === server)) {
        throw invalidField("server", `there is no server ${server}`);
    }
    if (balancer.targets.some((each) => each.server === server)) {
        throw new ApiError(409, "target_already_defined", "the server is a target already");
    }
    const network = store.state.networks.find(({ id }) => id === balancer.attachment?.network);
    if (!usePrivateIp) {
        throw invalidField("use_private_ip", "must be true in the lab");
    }
    if (!network) {
        const message = "the load balancer is attached to no network";
        throw new ApiError(409, "load_balancer_not_attached_to_network", message);
    }
    if (!network.members.some((each) => each.server === server)) {
        const message = "the server is not in the load balancer's network";
        throw new ApiError(409, "server_not_attached_to_network", message);
    }
}
