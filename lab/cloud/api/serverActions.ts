import { z } from "zod";
import type { Balance } from "./balance.ts";
import { serverTypes } from "../catalog.ts";
import type { Fleet } from "../fleet.ts";
import type { Action, Server, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError, invalidField, notFound } from "./errors.ts";
import { parse } from "./input.ts";
import { findNetwork, placeFor } from "./networks.ts";
import type { Route } from "./router.ts";
import { named } from "./named.ts";
import { findServer } from "./servers.ts";

const typeChange = z.object({
    server_type: z.union([z.number().int(), z.string().min(1)]).transform(String),
    upgrade_disk: z.boolean(),
});
const protection = z
    .object({ delete: z.boolean(), rebuild: z.boolean() })
    .refine((given) => given.delete === given.rebuild, {
        path: ["rebuild"],
        message: "must be the same as delete",
    });

/** `POST /servers/{id}/actions/…` */
export function serverActionRoutes(
    store: Store,
    fleet: Fleet,
    actions: Actions,
    balancing: Balance,
): Route[] {
    const networking = async (server: Server, command: string) => {
        await balancing.apply();
        return actions.done(command, [{ id: server.id, type: "server" }]);
    };
    type Command = (server: Server, body: unknown) => Action | Promise<Action>;
    const commands: Record<string, Command> = {
        poweron: (server) => fleet.powerOn(server),
        poweroff: (server) => fleet.powerOff(server),
        reset: (server) => fleet.reset(server),
        shutdown: (server) => fleet.ask(server, "shutdown_server", "shutdown"),
        reboot: (server) => fleet.ask(server, "reboot_server", "reboot"),
        change_type: (server, body) => {
            const given = parse(typeChange, body);
            changeType(server, given, fleet.isOn(server));
            return actions.done("change_server_type", [{ id: server.id, type: "server" }]);
        },
        change_protection: (server, body) => {
            Object.assign(server.protection, parse(protection, body));
            return actions.done("change_protection", [{ id: server.id, type: "server" }]);
        },
        attach_to_network: (server, body) => {
            if (store.state.networks.some(({ members }) => isIn(members, server))) {
                const message =
                    "the server is attached to a network already; in the lab to one only";
                throw new ApiError(409, "server_already_attached", message);
            }
            const { network, ip } = placeFor(store, server.location, body);
            findNetwork(store, network).members.push({ server: server.id, ip });
            return networking(server, "attach_to_network");
        },
        detach_from_network: (server, body) => {
            const given = parse(z.object({ network: z.number().int() }), body);
            const network = findNetwork(store, given.network);
            if (!isIn(network.members, server)) {
                throw notFound("attachment of server", server.id);
            }
            network.members = network.members.filter((each) => each.server !== server.id);
            return networking(server, "detach_from_network");
        },
    };
    return Object.entries(commands).map(([name, command]): Route => {
        return [
            "POST",
            `/servers/:id/actions/${name}`,
            async ({ params, body }) => {
                const action = await command(findServer(store, params.id), body);
                store.save();
                return { body: { action } };
            },
        ];
    });
}

function isIn(members: { server: number }[], { id }: Server): boolean {
    return members.some(({ server }) => server === id);
}

function changeType(server: Server, given: z.infer<typeof typeChange>, isOn: boolean): void {
    const type = named("server_type", serverTypes, given.server_type);
    if (isOn) {
        throw new ApiError(412, "server_not_stopped", "the server must be off to change its type");
    }
    if (!type.offeredIn.includes(server.location)) {
        throw invalidField("server_type", `${type.name} is not offered in ${server.location}`);
    }
    if (type.disk < server.diskSize) {
        throw invalidField(
            "server_type",
            `its disk is smaller than the server's ${server.diskSize} GB`,
        );
    }
    server.serverType = type.name;
    server.diskSize = given.upgrade_disk ? type.disk : server.diskSize;
}
