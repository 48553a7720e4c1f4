import type { Resource } from "../provider/resource.ts";
import { text, type Value, type Values } from "../rpc/values.ts";
import type { Client } from "./client.ts";
import { checkName, sameGivenName } from "./names.ts";

interface SshKey {
    id: number;
    name: string;
    fingerprint: string;
    public_key: string;
    labels: Record<string, string>;
}

export function sshKey(client: () => Client): Resource {
    return {
        inputs: {
            name: { type: "string" },
            publicKey: { type: "string", required: true, replaces: true },
            labels: { type: "map", items: { type: "string" } },
        },
        computed: ["fingerprint"],
        check: checkName,
        deletesFirst: sameGivenName,
        async create(inputs, { signal }) {
            const { name, publicKey, labels } = inputs;
            const body = { name, public_key: publicKey, labels: labels ?? {} };
            const made = await client().post<{ ssh_key: SshKey }>("/ssh_keys", body, signal);
            return { id: String(made.ssh_key.id), outputs: outputsOf(made.ssh_key, inputs) };
        },
        async update(id, _state, inputs, { signal }) {
            const { name, labels } = inputs;
            const body = { name, labels: labels ?? {} };
            const updated = await client().put<{ ssh_key: SshKey }>(
                `/ssh_keys/${id}`,
                body,
                signal,
            );
            return outputsOf(updated.ssh_key, inputs);
        },
        async read(id, state, { signal }) {
            const found = await client().find<{ ssh_key: SshKey }>(`/ssh_keys/${id}`, signal);
            if (!found) {
                return undefined;
            }
            const outputs = outputsOf(found.ssh_key, state);
            const { name, publicKey, labels } = outputs;
            return { inputs: { name, publicKey, ...(labels && { labels }) }, outputs };
        },
        delete: (id, _state, { signal }) => client().delete(`/ssh_keys/${id}`, signal),
    };
}

function outputsOf(key: SshKey, known: Values): Values {
    return {
        name: key.name,
        publicKey: sameKey(key.public_key, known.publicKey),
        fingerprint: key.fingerprint,
        ...givenLabels(key.labels, known.labels),
    };
}

/** White space around a key does not count. */
function sameKey(there: string, known: Value | undefined): string {
    return text(known).trim() === there.trim() ? text(known) : there;
}

/** The API always has labels: none are the same as not given. */
export function givenLabels(
    there: Record<string, string>,
    given: Values[string] | undefined,
): Values {
    return Object.keys(there).length > 0 || given !== undefined ? { labels: there } : {};
}
