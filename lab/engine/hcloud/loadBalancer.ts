import { Incomplete, type Resource } from "../provider/resource.ts";
import { equal, type Values } from "../rpc/values.ts";
import { act, protect } from "./changes.ts";
import type { Action, Client } from "./client.ts";
import { checkName, sameGivenName } from "./names.ts";
import { givenLabels } from "./sshKey.ts";

/** A load balancer as the API describes it. */
export interface LoadBalancer {
    id: number;
    name: string;
    public_net: { ipv4: { ip: string }; ipv6: { ip: string } };
    private_net: { network: number; ip: string }[];
    location: { name: string; network_zone: string };
    load_balancer_type: { name: string };
    algorithm: { type: string };
    labels: Record<string, string>;
    protection: { delete: boolean };
    services: Service[];
    targets: { type: string; server?: { id: number }; use_private_ip: boolean }[];
}

export interface Service {
    protocol: string;
    listen_port: number;
    destination_port: number;
    proxyprotocol: boolean;
    http?: Record<string, unknown>;
    health_check: Record<string, unknown>;
}

export async function findBalancer(
    client: Client,
    id: string,
    signal: AbortSignal,
): Promise<LoadBalancer | undefined> {
    const path = `/load_balancers/${id}`;
    return (await client.find<{ load_balancer: LoadBalancer }>(path, signal))?.load_balancer;
}

/** What joins it later, networks and targets, is told by resources of its own only. */
export function loadBalancer(client: () => Client): Resource {
    const get = async (id: string, signal: AbortSignal): Promise<LoadBalancer> =>
        (await findBalancer(client(), id, signal)) ?? missing(id);
    return {
        inputs: {
            name: { type: "string" },
            loadBalancerType: { type: "string", required: true },
            location: { type: "string", required: true, replaces: true },
            labels: { type: "map", items: { type: "string" } },
            deleteProtection: { type: "boolean", default: false },
        },
        computed: ["ipv4", "ipv6", "networkZone", "algorithm"],
        check: checkName,
        deletesFirst: sameGivenName,
        async create(inputs, { signal }) {
            const body = {
                name: inputs.name,
                load_balancer_type: inputs.loadBalancerType,
                location: inputs.location,
                labels: inputs.labels,
            };
            const made = await client().post<{ load_balancer: LoadBalancer; action: Action }>(
                "/load_balancers",
                body,
                signal,
            );
            const id = String(made.load_balancer.id);
            try {
                await client().wait(made.action, signal);
                await protect(client(), `/load_balancers/${id}`, false, inputs, signal);
                return { id, outputs: outputsOf(await get(id, signal), inputs) };
            } catch (error) {
                // It is there and costs money.
                const reason = error instanceof Error ? error.message : String(error);
                throw new Incomplete(reason, { id, outputs: inputs });
            }
        },
        async update(id, state, inputs, { signal }) {
            const path = `/load_balancers/${id}`;
            if (!equal(state.name, inputs.name) || !equal(state.labels, inputs.labels)) {
                const body = { name: inputs.name, labels: inputs.labels ?? {} };
                await client().put(path, body, signal);
            }
            if (!equal(state.loadBalancerType, inputs.loadBalancerType)) {
                const body = { load_balancer_type: inputs.loadBalancerType };
                await act(client(), `${path}/actions/change_type`, body, signal);
            }
            const { protection } = await get(id, signal);
            await protect(client(), path, protection.delete, inputs, signal);
            return outputsOf(await get(id, signal), inputs);
        },
        async read(id, state, { signal }) {
            const found = await findBalancer(client(), id, signal);
            return found && { inputs: inputsOf(found, state), outputs: outputsOf(found, state) };
        },
        delete: (id, _state, { signal }) => client().delete(`/load_balancers/${id}`, signal),
    };
}

function inputsOf(found: LoadBalancer, known: Values): Values {
    return {
        name: found.name,
        loadBalancerType: found.load_balancer_type.name,
        location: found.location.name,
        deleteProtection: found.protection.delete,
        ...givenLabels(found.labels, known.labels),
    };
}

function outputsOf(found: LoadBalancer, known: Values): Values {
    return {
        ...inputsOf(found, known),
        ipv4: found.public_net.ipv4.ip,
        ipv6: found.public_net.ipv6.ip,
        networkZone: found.location.network_zone,
        algorithm: { type: found.algorithm.type },
    };
}

function missing(id: string): never {
    throw new Error(`load balancer ${id} is gone`);
}
