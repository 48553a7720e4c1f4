import { z } from "zod";
import { serverTypes } from "../catalog.ts";
import type { Fleet } from "../fleet.ts";
import type { Action, Server, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError, invalidField } from "./errors.ts";
import { parse } from "./input.ts";
import type { Route } from "./router.ts";
import { findServer, named } from "./servers.ts";

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
export function serverActionRoutes(store: Store, fleet: Fleet, actions: Actions): Route[] {
    const commands: Record<string, (server: Server, body: unknown) => Action> = {
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
    };
    return Object.entries(commands).map(([name, command]): Route => {
        return [
            "POST",
            `/servers/:id/actions/${name}`,
            ({ params, body }) => {
                const action = command(findServer(store, params.id), body);
                store.save();
                return { body: { action } };
            },
        ];
    });
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
