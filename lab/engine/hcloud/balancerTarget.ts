import type { Resource } from "../provider/resource.ts";
import type { Values } from "../rpc/values.ts";
import { act } from "./changes.ts";
import type { Client } from "./client.ts";
import { findBalancer } from "./loadBalancer.ts";

const fixed = { required: true, replaces: true } as const;

/** A server behind a load balancer. Its id is `lb-srv-tgt-<server>-<load balancer>`. */
export function balancerTarget(client: () => Client): Resource {
    const read = async (state: Values, signal: AbortSignal): Promise<Values | undefined> => {
        const { loadBalancerId, serverId } = state;
        const balancer = await findBalancer(client(), `${Number(loadBalancerId)}`, signal);
        const found = balancer?.targets.find(({ server }) => server?.id === Number(serverId));
        return (
            found && {
                loadBalancerId: Number(loadBalancerId),
                type: found.type,
                serverId: Number(serverId),
                usePrivateIp: found.use_private_ip,
            }
        );
    };
    return {
        inputs: {
            loadBalancerId: { type: "number", ...fixed },
            type: { type: "string", ...fixed, allowed: ["server"] },
            serverId: { type: "number", ...fixed },
            usePrivateIp: { type: "boolean", default: false, replaces: true },
        },
        computed: [],
        deletesFirst: () => true,
        async create(inputs, { signal }) {
            const { loadBalancerId, serverId, usePrivateIp } = inputs;
            const body = {
                type: "server",
                server: { id: serverId },
                use_private_ip: usePrivateIp === true,
            };
            const path = `/load_balancers/${Number(loadBalancerId)}/actions/add_target`;
            await act(client(), path, body, signal);
            const id = `lb-srv-tgt-${Number(serverId)}-${Number(loadBalancerId)}`;
            return { id, outputs: (await read(inputs, signal)) ?? inputs };
        },
        async read(_id, state, { signal }) {
            const outputs = await read(state, signal);
            return outputs && { inputs: outputs, outputs };
        },
        async delete(_id, state, { signal }) {
            if (await read(state, signal)) {
                const body = { type: "server", server: { id: state.serverId } };
                const path = `/load_balancers/${Number(state.loadBalancerId)}/actions/remove_target`;
                await act(client(), path, body, signal);
            }
        },
    };
}
