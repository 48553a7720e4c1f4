import { Incomplete, type Resource } from "../provider/resource.ts";
import { equal, text, type Values } from "../rpc/values.ts";
import { act, idParts, protect } from "./changes.ts";
import type { Client } from "./client.ts";
import { checkName, sameGivenName } from "./names.ts";
import { givenLabels } from "./sshKey.ts";

interface Subnet {
    type: string;
    ip_range: string;
    network_zone: string;
    gateway: string;
}

interface Network {
    id: number;
    name: string;
    ip_range: string;
    subnets: Subnet[];
    labels: Record<string, string>;
    protection: { delete: boolean };
}

const fixed = { required: true, replaces: true } as const;

async function find(client: Client, id: string, signal: AbortSignal): Promise<Network | undefined> {
    return (await client.find<{ network: Network }>(`/networks/${id}`, signal))?.network;
}

export function network(client: () => Client): Resource {
    return {
        inputs: {
            name: { type: "string" },
            ipRange: { type: "string", ...fixed },
            labels: { type: "map", items: { type: "string" } },
            deleteProtection: { type: "boolean", default: false },
        },
        computed: [],
        check: checkName,
        deletesFirst: sameGivenName,
        async create(inputs, { signal }) {
            const body = { name: inputs.name, ip_range: inputs.ipRange, labels: inputs.labels };
            const made = await client().post<{ network: Network }>("/networks", body, signal);
            const id = String(made.network.id);
            try {
                await protect(client(), `/networks/${id}`, false, inputs, signal);
            } catch (error) {
                throw new Incomplete(String(error), { id, outputs: inputs });
            }
            const found = (await find(client(), id, signal)) ?? made.network;
            return { id, outputs: networkOutputs(found, inputs) };
        },
        async update(id, state, inputs, { signal }) {
            const path = `/networks/${id}`;
            if (!equal(state.name, inputs.name) || !equal(state.labels, inputs.labels)) {
                const body = { name: inputs.name, labels: inputs.labels ?? {} };
                await client().put(path, body, signal);
            }
            const { network: there } = await client().get<{ network: Network }>(path, signal);
            await protect(client(), path, there.protection.delete, inputs, signal);
            const { network: found } = await client().get<{ network: Network }>(path, signal);
            return networkOutputs(found, inputs);
        },
        async read(id, state, { signal }) {
            const found = await find(client(), id, signal);
            const outputs = found && networkOutputs(found, state);
            return outputs && { inputs: outputs, outputs };
        },
        delete: (id, _state, { signal }) => client().delete(`/networks/${id}`, signal),
    };
}

function networkOutputs(found: Network, known: Values): Values {
    return {
        name: found.name,
        ipRange: found.ip_range,
        deleteProtection: found.protection.delete,
        ...givenLabels(found.labels, known.labels),
    };
}

/** Its id is `<network>-<range>`, as in the real plugin: whoever joins a network names that. */
export function networkSubnet(client: () => Client): Resource {
    const read = async (id: string, signal: AbortSignal): Promise<Values | undefined> => {
        const [network, range] = idParts(id, "-");
        const found = await find(client(), network, signal);
        const subnet = found?.subnets.find(({ ip_range }) => ip_range === range);
        return (
            subnet && {
                networkId: Number(network),
                type: subnet.type,
                networkZone: subnet.network_zone,
                ipRange: subnet.ip_range,
                gateway: subnet.gateway,
            }
        );
    };
    return {
        inputs: {
            networkId: { type: "number", ...fixed },
            type: { type: "string", ...fixed, allowed: ["cloud"] },
            networkZone: { type: "string", ...fixed },
            ipRange: { type: "string", ...fixed },
        },
        computed: ["gateway"],
        async create(inputs, { signal }) {
            const path = `/networks/${Number(inputs.networkId)}/actions/add_subnet`;
            const { type, networkZone, ipRange } = inputs;
            const body = { type, network_zone: networkZone, ip_range: ipRange };
            await act(client(), path, body, signal);
            const id = `${Number(inputs.networkId)}-${text(ipRange)}`;
            return { id, outputs: (await read(id, signal)) ?? inputs };
        },
        async read(id, _state, { signal }) {
            const outputs = await read(id, signal);
            return outputs && { outputs };
        },
        async delete(id, _state, { signal }) {
            const [network, range] = idParts(id, "-");
            if (await read(id, signal)) {
                const path = `/networks/${network}/actions/delete_subnet`;
                await act(client(), path, { ip_range: range }, signal);
            }
        },
    };
}

interface Attached {
    private_net: { network: number; ip: string; mac_address?: string; alias_ips?: string[] }[];
}

/** A server's or a load balancer's place in a network. Its id is `<server>-<network>`. */
export function attachment(client: () => Client, kind: "server" | "load_balancer"): Resource {
    const owner = kind === "server" ? "serverId" : "loadBalancerId";
    const own = kind === "server" ? ["macAddress", "aliasIps"] : ["enablePublicInterface"];
    const read = async (id: string, known: Values, signal: AbortSignal) => {
        const [of, network] = idParts(id, "-");
        const path = `/${kind}s/${of}`;
        const found = (await client().find<Record<string, Attached>>(path, signal))?.[kind];
        const net = found?.private_net.find((each) => String(each.network) === network);
        const outputs: Values | undefined = net && {
            [owner]: Number(of),
            networkId: net.network,
            ...(known.subnetId !== undefined && { subnetId: known.subnetId }),
            ip: net.ip,
            ...(kind === "server"
                ? { macAddress: net.mac_address ?? "", aliasIps: net.alias_ips ?? [] }
                : { enablePublicInterface: true }),
        };
        return outputs;
    };
    return {
        inputs: {
            [owner]: { type: "number", ...fixed },
            subnetId: { type: "string", ...fixed },
            ip: { type: "string", replaces: true },
        },
        computed: ["networkId", ...own],
        // It can be in a network once only.
        deletesFirst: () => true,
        async create(inputs, { signal }) {
            const [network, range] = idParts(text(inputs.subnetId), "-");
            const of = `${Number(inputs[owner])}`;
            const body = { network: Number(network), ip_range: range, ip: inputs.ip };
            await act(client(), `/${kind}s/${of}/actions/attach_to_network`, body, signal);
            const id = `${of}-${network}`;
            return { id, outputs: (await read(id, inputs, signal)) ?? inputs };
        },
        async read(id, state, { signal }) {
            const outputs = await read(id, state, signal);
            return outputs && { outputs };
        },
        async delete(id, state, { signal }) {
            if (await read(id, state, signal)) {
                const [of, network] = idParts(id, "-");
                const path = `/${kind}s/${of}/actions/detach_from_network`;
                await act(client(), path, { network: Number(network) }, signal);
            }
        },
    };
}
