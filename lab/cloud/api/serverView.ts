import {
    datacenterView,
    images,
    imageView,
    locations,
    serverTypes,
    serverTypeView,
} from "../catalog.ts";
import type { Fleet } from "../fleet.ts";
import { macOf } from "../plug.ts";
import type { Server, State } from "../store.ts";

/** A server as the API describes it. The lab has no IPv6. */
export function serverView(server: Server, fleet: Fleet, { networks, loadBalancers }: State) {
    const location = only(locations.find(({ name }) => name === server.location));
    const { id, name, labels, created, address, protection } = server;
    return {
        ...{ id, name, labels, created, protection, location },
        status: statusOf(server, fleet),
        locked: fleet.isLocked(server),
        public_net: {
            ipv4: {
                id,
                ip: address,
                blocked: false,
                dns_ptr: `static.${address.split(".").reverse().join(".")}.clients.your-server.de`,
            },
            ipv6: null,
            floating_ips: [],
            firewalls: server.firewalls.map((each) => ({ id: each, status: "applied" })),
        },
        private_net: networks.flatMap(({ id: network, members }) =>
            members
                .filter((each) => each.server === id)
                .map(({ ip }) => ({ network, ip, alias_ips: [], mac_address: macOf(ip) })),
        ),
        server_type: serverTypeView(
            only(serverTypes.find((each) => each.name === server.serverType)),
        ),
        datacenter: datacenterView(location),
        image: imageView(only(images.find((each) => each.id === server.image))),
        iso: null,
        rescue_enabled: false,
        backup_window: null,
        outgoing_traffic: 0,
        ingoing_traffic: 0,
        included_traffic: 0,
        primary_disk_size: server.diskSize,
        volumes: [],
        load_balancers: loadBalancers
            .filter(({ targets }) => targets.some((each) => each.server === id))
            .map((each) => each.id),
        placement_group: null,
    };
}

function statusOf(server: Server, fleet: Fleet): string {
    if (server.status !== "ready") {
        return server.status;
    }
    const [on, wanted] = [fleet.isOn(server), server.power === "on"];
    if (fleet.isLocked(server) && on !== wanted) {
        return wanted ? "starting" : "stopping";
    }
    return on ? "running" : "off";
}

function only<T>(found: T | undefined): T {
    if (found === undefined) {
        throw new Error("a server of the state has something that is not in the catalog");
    }
    return found;
}
