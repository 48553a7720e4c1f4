import type { Resource } from "../provider/resource.ts";
import { equal, text, type Values } from "../rpc/values.ts";
import { act } from "./changes.ts";
import type { Action, Client } from "./client.ts";

interface Rrset {
    id: string;
    name: string;
    type: string;
    ttl: number | null;
    records: { value: string; comment?: string }[];
    protection: { change: boolean };
}

const fixed = { type: "string", required: true, replaces: true } as const;

/** The records of one name and type in a zone. Its id is `<name>/<type>`. */
export function zoneRrset(client: () => Client): Resource {
    const pathOf = ({ zone }: Values, id: string) => `/zones/${text(zone)}/rrsets/${id}`;
    const read = async (id: string, known: Values, signal: AbortSignal) => {
        const found = await client().find<{ rrset: Rrset }>(pathOf(known, id), signal);
        return found && outputsOf(found.rrset, known);
    };
    return {
        inputs: {
            zone: fixed,
            name: fixed,
            type: { ...fixed, allowed: ["A", "AAAA"] },
            ttl: { type: "number" },
            records: {
                type: "list",
                required: true,
                items: { type: "object", fields: { value: { type: "string", required: true } } },
            },
        },
        computed: ["changeProtection"],
        deletesFirst: () => true,
        async create(inputs, { signal }) {
            const { zone, name, type, ttl, records } = inputs;
            const made = await client().post<{ rrset: Rrset; action: Action }>(
                `/zones/${text(zone)}/rrsets`,
                { name, type, ttl, records },
                signal,
            );
            await client().wait(made.action, signal);
            const { id } = made.rrset;
            return { id, outputs: (await read(id, inputs, signal)) ?? inputs };
        },
        async update(id, state, inputs, { signal }) {
            const path = pathOf(inputs, id);
            if (!equal(state.ttl, inputs.ttl)) {
                const body = { ttl: inputs.ttl ?? null };
                await act(client(), `${path}/actions/change_ttl`, body, signal);
            }
            if (!equal(state.records, inputs.records)) {
                const body = { records: inputs.records };
                await act(client(), `${path}/actions/set_records`, body, signal);
            }
            return (await read(id, inputs, signal)) ?? inputs;
        },
        async read(id, state, { signal }) {
            const outputs = await read(id, state, signal);
            if (!outputs) {
                return undefined;
            }
            const { changeProtection, ...inputs } = outputs;
            void changeProtection;
            return { inputs, outputs };
        },
        delete: (id, state, { signal }) => client().delete(pathOf(state, id), signal),
    };
}

function outputsOf(found: Rrset, { zone }: Values): Values {
    return {
        zone,
        name: found.name,
        type: found.type,
        ...(found.ttl !== null && { ttl: found.ttl }),
        records: found.records.map(({ value }) => ({ value })),
        changeProtection: found.protection.change,
    };
}
