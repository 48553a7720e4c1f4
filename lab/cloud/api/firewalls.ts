import { z } from "zod";
import type { PacketFilter } from "../network.ts";
import type { Firewall, Server, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError, invalidField } from "./errors.ts";
import { labels, parse, resourceName } from "./input.ts";
import { listOf } from "./list.ts";
import { isNetwork } from "./cidr.ts";
import { refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";

const network = z
    .string()
    .refine(isNetwork, "must be a network in CIDR notation without host bits");
const networks = z
    .array(network)
    .max(100)
    .nullish()
    .transform((list) => list ?? []);
const rule = z
    .object({
        direction: z.enum(["in", "out"]),
        protocol: z.enum(["tcp", "udp", "icmp", "esp", "gre"]),
        port: z
            .string()
            .nullish()
            .transform((port) => port ?? null),
        source_ips: networks,
        destination_ips: networks,
        description: z
            .string()
            .max(255)
            .nullish()
            .transform((text) => text ?? null),
    })
    .superRefine((given, context) => {
        const problem = (field: string, message: string) =>
            context.addIssue({ code: "custom", path: [field], message });
        const hasPort = given.protocol === "tcp" || given.protocol === "udp";
        if (hasPort && !isPort(given.port)) {
            problem("port", 'must be a port, a range such as "80-85", or "any"');
        }
        if (!hasPort && given.port !== null) {
            problem("port", `must not be given with ${given.protocol}`);
        }
        const field = given.direction === "in" ? "source_ips" : "destination_ips";
        if (given[field].length === 0) {
            problem(field, `must not be empty with direction ${given.direction}`);
        }
    });
const rules = z.array(rule).max(50, "at most 50 rules");
const resources = z.array(
    z.object({
        type: z.literal("server", "the lab's cloud applies firewalls to servers only"),
        server: z.object({ id: z.number().int() }),
    }),
);
const creation = z.object({
    name: resourceName,
    labels: labels.default({}),
    rules: rules.default([]),
    apply_to: resources.default([]),
});
const update = z.object({ name: resourceName.optional(), labels: labels.optional() });

export function firewallRoutes(store: Store, actions: Actions, filter: PacketFilter): Route[] {
    const { firewalls, servers } = store.state;
    const find = (id: string) => withId("firewall", firewalls, id);
    const view = (firewall: Firewall) => ({
        ...firewall,
        applied_to: servers
            .filter((server) => server.firewalls.includes(firewall.id))
            .map(({ id }) => ({ type: "server", server: { id } })),
    });
    const serversOf = (field: string, given: z.infer<typeof resources>): Server[] =>
        given.map(({ server: { id } }) => {
            const server = servers.find((each) => each.id === id);
            return server ?? fail(invalidField(field, `there is no server ${id}`));
        });
    /** Puts a change into force and tells of it, an action for each server. */
    const enforce = async (firewall: Firewall, command: string, on: Server[]) => {
        await filter.apply();
        const resource = { id: firewall.id, type: "firewall" };
        const made =
            on.length === 0 && command === "set_firewall_rules"
                ? [actions.done(command, [resource])]
                : on.map(({ id }) => actions.done(command, [{ id, type: "server" }, resource]));
        store.save();
        return made;
    };
    const apply = (firewall: Firewall, on: Server[]) => {
        on.forEach((server) => {
            server.firewalls = [...new Set([...server.firewalls, firewall.id])];
        });
        return enforce(firewall, "apply_firewall", on);
    };
    return [
        [
            "GET",
            "/firewalls",
            ({ query }) => ({ body: listOf("firewalls", firewalls, query, view) }),
        ],
        ["GET", "/firewalls/:id", ({ params }) => ({ body: { firewall: view(find(params.id)) } })],
        [
            "POST",
            "/firewalls",
            async ({ body }) => {
                const { apply_to, ...given } = parse(creation, body);
                refuseName(firewalls, given.name);
                const on = serversOf("apply_to", apply_to);
                const created = new Date().toISOString();
                const firewall: Firewall = { id: store.nextId(), created, ...given };
                firewalls.push(firewall);
                const made = await apply(firewall, on);
                store.save();
                return { body: { firewall: view(firewall), actions: made } };
            },
        ],
        [
            "PUT",
            "/firewalls/:id",
            ({ params, body }) => {
                const firewall = find(params.id);
                const given = parse(update, body);
                refuseName(firewalls, given.name ?? firewall.name, firewall);
                Object.assign(firewall, given);
                store.save();
                return { body: { firewall: view(firewall) } };
            },
        ],
        [
            "DELETE",
            "/firewalls/:id",
            ({ params }) => {
                const firewall = find(params.id);
                if (view(firewall).applied_to.length > 0) {
                    const message = `firewall with ID '${firewall.id}' is still in use`;
                    throw new ApiError(409, "resource_in_use", message);
                }
                firewalls.splice(firewalls.indexOf(firewall), 1);
                store.save();
                return { status: 204 };
            },
        ],
        [
            "POST",
            "/firewalls/:id/actions/set_rules",
            async ({ params, body }) => {
                const firewall = find(params.id);
                firewall.rules = parse(z.object({ rules }), body).rules;
                const on = servers.filter((each) => each.firewalls.includes(firewall.id));
                return { body: { actions: await enforce(firewall, "set_firewall_rules", on) } };
            },
        ],
        [
            "POST",
            "/firewalls/:id/actions/apply_to_resources",
            async ({ params, body }) => {
                const firewall = find(params.id);
                const given = parse(z.object({ apply_to: resources.min(1) }), body);
                const on = serversOf("apply_to", given.apply_to);
                return { body: { actions: await apply(firewall, on) } };
            },
        ],
        [
            "POST",
            "/firewalls/:id/actions/remove_from_resources",
            async ({ params, body }) => {
                const firewall = find(params.id);
                const given = parse(z.object({ remove_from: resources.min(1) }), body);
                const from = serversOf("remove_from", given.remove_from);
                from.forEach((server) => {
                    server.firewalls = server.firewalls.filter((id) => id !== firewall.id);
                });
                return { body: { actions: await enforce(firewall, "remove_firewall", from) } };
            },
        ],
    ];
}

function fail(error: ApiError): never {
    throw error;
}

function isPort(text: string | null): boolean {
    if (text === "any") {
        return true;
    }
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? "");
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    return from >= 1 && from <= to && to <= 65535;
}
