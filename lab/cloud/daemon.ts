import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { Actions } from "./api/actions.ts";
import { balancerActionRoutes } from "./api/balancerActions.ts";
import { catalogRoutes } from "./api/catalog.ts";
import { certificateRoutes } from "./api/certificates.ts";
import { firewallRoutes } from "./api/firewalls.ts";
import { labRoutes } from "./api/lab.ts";
import { balancerRoutes } from "./api/loadBalancers.ts";
import { networkRoutes } from "./api/networks.ts";
import { type Route, serve } from "./api/router.ts";
import { serverActionRoutes } from "./api/serverActions.ts";
import { serverRoutes } from "./api/servers.ts";
import { sshKeyRoutes } from "./api/sshKeys.ts";
import { zoneRoutes } from "./api/zones.ts";
import { Balancing } from "./balancing.ts";
import { Fleet } from "./fleet.ts";
import { placeScript } from "./machines.ts";
import { enableForwarding, PacketFilter } from "./network.ts";
import { endpointPath, statePath, tokenPath } from "./paths.ts";
import { Store } from "./store.ts";
import { codeVersion } from "./version.ts";

/** The lab's cloud itself: serves until it is told to stop. Its machines live on without it. */
const version = codeVersion();
const store = new Store(statePath);
const filter = new PacketFilter(store.state);
const actions = new Actions(store);
const balancing = new Balancing(store, log);
const fleet = new Fleet(store, actions, filter, balancing, log);

const v1: Route[] = [
    ...sshKeyRoutes(store),
    ...firewallRoutes(store, actions, filter),
    // Before the servers' own: "actions" is no id.
    ...actions.routes(),
    ...balancerActionRoutes(store, actions, balancing),
    ...balancerRoutes(store, actions, balancing),
    ...certificateRoutes(store, actions),
    ...networkRoutes(store, actions, balancing),
    ...zoneRoutes(store, actions),
    ...serverActionRoutes(store, fleet, actions, balancing),
    ...serverRoutes(store, fleet),
    ...catalogRoutes(),
];
const routes: Route[] = [
    ...v1.map(([method, path, handler]): Route => [method, `/v1${path}`, handler]),
    ...labRoutes(store, fleet, version),
];

placeScript();
enableForwarding();
await fleet.recover();
await balancing.apply();
balancing.watch();
const server = serve(routes, readFileSync(tokenPath, "utf8"), log);
const port = await listen(server, portBefore());
const part = `${endpointPath}.part`;
writeFileSync(part, JSON.stringify({ port }));
renameSync(part, endpointPath);
log(`serves on port ${port}`);

/** On the port of before when it is free: whoever has the endpoint keeps it. */
function listen(on: Server, wanted: number): Promise<number> {
    return new Promise((resolve, reject) => {
        on.once("error", (error) => {
            if (wanted === 0) {
                reject(error);
            } else {
                listen(on, 0).then(resolve, reject);
            }
        });
        on.listen(wanted, "127.0.0.1", () => resolve((on.address() as AddressInfo).port));
    });
}

function portBefore(): number {
    try {
        return (JSON.parse(readFileSync(endpointPath, "utf8")) as { port: number }).port;
    } catch {
        return 0;
    }
}

function log(line: string): void {
    console.log(`${new Date().toISOString()} ${line}`);
}
