import type { Fleet } from "../fleet.ts";
import type { Server, Store } from "../store.ts";
import { ApiError } from "./errors.ts";
import type { Route } from "./router.ts";

export interface LabServer {
    name: string;
    location: string;
    publicAddress: string;
    power: "on" | "off";
    cut: boolean;
}

/** What Hetzner's API has not: the verbs of the lab. Servers go by name. */
export function labRoutes(store: Store, fleet: Fleet, version: string): Route[] {
    const find = (name: string): Server => {
        const found = store.state.servers.find((each) => each.name === name);
        if (!found) {
            const names = store.state.servers.map((each) => each.name).join(", ") || "none";
            throw new ApiError(404, "not_found", `no server "${name}"; there are ${names}`);
        }
        return found;
    };
    const view = (server: Server): LabServer => ({
        name: server.name,
        location: server.location,
        publicAddress: server.address,
        power: fleet.isOn(server) ? "on" : "off",
        cut: server.cut,
    });
    const verbs: Record<string, (server: Server) => Promise<void>> = {
        poweroff: async (server) => {
            await fleet.settled(server);
            fleet.powerOff(server);
            await fleet.settled(server);
        },
        poweron: async (server) => {
            await fleet.settled(server);
            fleet.powerOn(server);
            await fleet.settled(server);
            if (!fleet.isOn(server)) {
                throw new ApiError(500, "server_error", `${server.name} does not boot`);
            }
        },
        cut: (server) => fleet.setCut(server, true),
        heal: (server) => fleet.setCut(server, false),
    };
    return [
        ["GET", "/lab/health", () => ({ body: { version } })],
        ["GET", "/lab/servers", () => ({ body: { servers: store.state.servers.map(view) } })],
        ...Object.entries(verbs).map(([verb, act]): Route => {
            return [
                "POST",
                `/lab/servers/:name/${verb}`,
                async ({ params }) => {
                    const server = find(params.name);
                    await act(server);
                    return { body: view(server) };
                },
            ];
        }),
    ];
}
