import type { Resource } from "../provider/resource.ts";
import { equal, type Value, type Values } from "../rpc/values.ts";
import type { Action, Client } from "./client.ts";
import { checkName, sameGivenName } from "./names.ts";
import { givenLabels } from "./sshKey.ts";

interface Rule {
    direction: "in" | "out";
    protocol: string;
    port?: string | null;
    source_ips: string[];
    destination_ips: string[];
    description?: string | null;
}

interface Firewall {
    id: number;
    name: string;
    labels: Record<string, string>;
    rules: Rule[];
    applied_to: object[];
}

const addresses = { type: "list", items: { type: "string" } } as const;

export function firewall(client: () => Client): Resource {
    const read = async (id: string, signal: AbortSignal): Promise<Firewall | undefined> =>
        (await client().find<{ firewall: Firewall }>(`/firewalls/${id}`, signal))?.firewall;
    return {
        inputs: {
            name: { type: "string" },
            labels: { type: "map", items: { type: "string" } },
            rules: {
                type: "list",
                items: {
                    type: "object",
                    fields: {
                        direction: { type: "string", required: true, allowed: ["in", "out"] },
                        protocol: {
                            type: "string",
                            required: true,
                            allowed: ["tcp", "udp", "icmp", "esp", "gre"],
                        },
                        port: { type: "string" },
                        sourceIps: addresses,
                        destinationIps: addresses,
                        description: { type: "string" },
                    },
                },
            },
        },
        computed: [],
        check: checkName,
        deletesFirst: sameGivenName,
        async create(inputs, { signal }) {
            const body = {
                name: inputs.name,
                labels: inputs.labels ?? {},
                rules: toApi(inputs.rules),
            };
            const made = await client().post<{ firewall: Firewall; actions?: Action[] }>(
                "/firewalls",
                body,
                signal,
            );
            await client().wait(made.actions, signal);
            return { id: String(made.firewall.id), outputs: outputsOf(made.firewall, inputs) };
        },
        async update(id, state, inputs, { signal }) {
            const path = `/firewalls/${id}`;
            if (!equal(state.name, inputs.name) || !equal(state.labels, inputs.labels)) {
                const body = { name: inputs.name, labels: inputs.labels ?? {} };
                await client().put(path, body, signal);
            }
            if (!equal(state.rules, inputs.rules)) {
                const body = { rules: toApi(inputs.rules) };
                const set = await client().post<{ actions: Action[] }>(
                    `${path}/actions/set_rules`,
                    body,
                    signal,
                );
                await client().wait(set.actions, signal);
            }
            const updated = await client().get<{ firewall: Firewall }>(path, signal);
            return outputsOf(updated.firewall, inputs);
        },
        async read(id, state, { signal }) {
            const found = await read(id, signal);
            if (!found) {
                return undefined;
            }
            const outputs = outputsOf(found, state);
            return { inputs: outputs, outputs };
        },
        async delete(id, _state, { signal }) {
            const found = await read(id, signal);
            if (found && found.applied_to.length > 0) {
                const body = { remove_from: found.applied_to };
                const path = `/firewalls/${id}/actions/remove_from_resources`;
                const removed = await client().post<{ actions: Action[] }>(path, body, signal);
                await client().wait(removed.actions, signal);
            }
            await client().delete(`/firewalls/${id}`, signal);
        },
    };
}

function toApi(rules: Value | undefined): object[] {
    return ((rules ?? []) as Values[]).map((rule) => ({
        direction: rule.direction,
        protocol: rule.protocol,
        port: rule.port,
        source_ips: rule.sourceIps ?? [],
        destination_ips: rule.destinationIps ?? [],
        description: rule.description,
    }));
}

function outputsOf(found: Firewall, known: Values): Values {
    const rules = found.rules.map(fromApi);
    return {
        name: found.name,
        ...givenLabels(found.labels, known.labels),
        ...((rules.length > 0 || known.rules !== undefined) && {
            rules: asKnown(rules, (known.rules ?? []) as Values[]),
        }),
    };
}

function fromApi(rule: Rule): Values {
    return {
        direction: rule.direction,
        protocol: rule.protocol,
        ...(rule.port && { port: rule.port }),
        ...(rule.source_ips.length > 0 && { sourceIps: rule.source_ips }),
        ...(rule.destination_ips.length > 0 && { destinationIps: rule.destination_ips }),
        ...(rule.description && { description: rule.description }),
    };
}

/** Rules are a set: the same ones in another order, or with other empty fields, are no change. */
function asKnown(rules: Values[], known: Values[]): Values[] {
    const [there, expected] = [rules, known].map((list) => new Set(list.map(canonical)));
    const same =
        there?.size === expected?.size && [...(there ?? [])].every((r) => expected?.has(r));
    return same ? known : rules;
}

function canonical(rule: Values): string {
    const fields = Object.entries(rule)
        .filter(([, value]) => value !== "" && !(Array.isArray(value) && value.length === 0))
        .map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value]);
    return JSON.stringify(fields.sort());
}
