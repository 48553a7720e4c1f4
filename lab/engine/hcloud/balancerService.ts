import type { Resource } from "../provider/resource.ts";
import type { Field } from "../provider/shape.ts";
import { isObject, type Value, type Values } from "../rpc/values.ts";
import { act, idParts, knownPart } from "./changes.ts";
import type { Client } from "./client.ts";
import { findBalancer, type Service } from "./loadBalancer.ts";

const number = { type: "number", required: true } as const;
const http: Field = {
    type: "object",
    fields: {
        certificates: { type: "list", items: { type: "number" } },
        redirectHttp: { type: "boolean" },
    },
};
const healthCheck: Field = {
    type: "object",
    required: true,
    fields: {
        protocol: { type: "string", required: true, allowed: ["http", "tcp"] },
        port: number,
        interval: number,
        timeout: number,
        retries: number,
        http: {
            type: "object",
            fields: {
                path: { type: "string" },
                statusCodes: { type: "list", items: { type: "string" } },
            },
        },
    },
};

/** What a load balancer listens for. Its id is `<load balancer>__<port>`. */
export function balancerService(client: () => Client): Resource {
    const read = async (id: string, known: Values, signal: AbortSignal) => {
        const [balancer, port] = idParts(id, "__");
        const found = (await findBalancer(client(), balancer, signal))?.services.find(
            ({ listen_port }) => String(listen_port) === port,
        );
        return found && outputsOf(balancer, found, known);
    };
    return {
        inputs: {
            loadBalancerId: { type: "string", required: true, replaces: true },
            protocol: { type: "string", required: true, replaces: true, allowed: ["https"] },
            listenPort: { ...number, replaces: true },
            destinationPort: number,
            http,
            healthCheck,
        },
        computed: ["proxyprotocol"],
        // A port is taken once.
        deletesFirst: () => true,
        async create(inputs, { signal }) {
            const balancer = `${Number(inputs.loadBalancerId)}`;
            const path = `/load_balancers/${balancer}/actions/add_service`;
            await act(client(), path, bodyOf(inputs), signal);
            const id = `${balancer}__${Number(inputs.listenPort)}`;
            return { id, outputs: (await read(id, inputs, signal)) ?? inputs };
        },
        async update(id, _state, inputs, { signal }) {
            const [balancer] = idParts(id, "__");
            const path = `/load_balancers/${balancer}/actions/update_service`;
            await act(client(), path, bodyOf(inputs), signal);
            return (await read(id, inputs, signal)) ?? inputs;
        },
        async read(id, state, { signal }) {
            const outputs = await read(id, state, signal);
            const inputs = outputs && knownPart(outputs, withoutComputed(state));
            return outputs && { inputs: inputs as Values, outputs };
        },
        async delete(id, state, { signal }) {
            if (await read(id, state, signal)) {
                const [balancer, port] = idParts(id, "__");
                const path = `/load_balancers/${balancer}/actions/delete_service`;
                await act(client(), path, { listen_port: Number(port) }, signal);
            }
        },
    };
}

function bodyOf(inputs: Values): object {
    return toApi(inputs, ["loadBalancerId"]);
}

function outputsOf(balancer: string, found: Service, known: Values): Values {
    const told = fromApi(found as unknown as Values);
    return {
        loadBalancerId: balancer,
        ...(knownPart(told, { ...known, proxyprotocol: false }) as Values),
    };
}

function withoutComputed({ proxyprotocol, ...inputs }: Values): Values {
    void proxyprotocol;
    return inputs;
}

/** `destinationPort` is `destination_port` to the API, at any depth. */
function toApi(values: Values, except: string[] = []): Values {
    const rename = (name: string) => name.replace(/[A-Z]/g, (each) => `_${each.toLowerCase()}`);
    return renamed(values, rename, except);
}

function fromApi(values: Values): Values {
    return renamed(values, (name) =>
        name.replace(/_([a-z])/g, (_, each: string) => each.toUpperCase()),
    );
}

function renamed(values: Values, rename: (name: string) => string, except: string[] = []): Values {
    const entries = Object.entries(values).filter(([name]) => !except.includes(name));
    return Object.fromEntries(
        entries.map(([name, value]): [string, Value] => [
            rename(name),
            isObject(value) ? renamed(value, rename) : value,
        ]),
    );
}
