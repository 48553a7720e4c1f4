import { Incomplete, type Resource } from "../provider/resource.ts";
import type { Values } from "../rpc/values.ts";
import type { Action, Client } from "./client.ts";
import { checkName, sameGivenName } from "./names.ts";

interface Certificate {
    id: number;
    name: string;
    type: string;
    certificate: string;
    fingerprint: string;
    created: string;
    not_valid_before: string;
    not_valid_after: string;
    domain_names: string[];
}

/** A certificate that Hetzner gets and renews. */
export function managedCertificate(client: () => Client): Resource {
    const read = async (id: string, signal: AbortSignal): Promise<Values | undefined> => {
        const path = `/certificates/${id}`;
        const found = await client().find<{ certificate: Certificate }>(path, signal);
        return found && outputsOf(found.certificate);
    };
    return {
        inputs: {
            name: { type: "string" },
            domainNames: {
                ...{ type: "list", items: { type: "string" } },
                ...{ required: true, replaces: true },
            },
        },
        computed: [
            ...["type", "certificate", "fingerprint", "created"],
            ...["notValidBefore", "notValidAfter"],
        ],
        check: checkName,
        deletesFirst: sameGivenName,
        async create(inputs, { signal }) {
            const body = { name: inputs.name, type: "managed", domain_names: inputs.domainNames };
            const made = await client().post<{ certificate: Certificate; action?: Action }>(
                "/certificates",
                body,
                signal,
            );
            const id = String(made.certificate.id);
            try {
                await client().wait(made.action, signal);
            } catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                throw new Incomplete(reason, { id, outputs: inputs });
            }
            return { id, outputs: (await read(id, signal)) ?? inputs };
        },
        async update(id, _state, inputs, { signal }) {
            await client().put(`/certificates/${id}`, { name: inputs.name }, signal);
            return (await read(id, signal)) ?? inputs;
        },
        async read(id, _state, { signal }) {
            const outputs = await read(id, signal);
            return (
                outputs && {
                    inputs: { name: outputs.name, domainNames: outputs.domainNames },
                    outputs,
                }
            );
        },
        delete: (id, _state, { signal }) => client().delete(`/certificates/${id}`, signal),
    };
}

function outputsOf(found: Certificate): Values {
    return {
        name: found.name,
        type: found.type,
        domainNames: found.domain_names,
        certificate: found.certificate,
        fingerprint: found.fingerprint,
        created: found.created,
        notValidBefore: found.not_valid_before,
        notValidAfter: found.not_valid_after,
    };
}
