import { z } from "zod";
import { makeAuthority, issue } from "../authority.ts";
import type { Certificate, Store } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError } from "./errors.ts";
import { hostName, labels, parse, resourceName } from "./input.ts";
import { listOf } from "./list.ts";
import { refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";

const creation = z.object({
    name: resourceName,
    labels: labels.default({}),
    type: z.literal("managed", "the lab's cloud has managed certificates only"),
    domain_names: z.array(hostName).min(1),
});
const update = z.object({ name: resourceName.optional(), labels: labels.optional() });

export function certificateRoutes(store: Store, actions: Actions): Route[] {
    const { certificates } = store.state;
    const find = (id: string) => withId("certificate", certificates, id);
    const users = ({ id }: Certificate) =>
        store.state.loadBalancers.filter(({ services }) =>
            services.some(({ http }) => http.certificates.includes(id)),
        );
    const view = (certificate: Certificate) => {
        const { key, error, ...told } = certificate;
        void key;
        return {
            ...told,
            type: "managed",
            status: {
                issuance: error ? "failed" : "completed",
                renewal: "unavailable",
                error,
            },
            used_by: users(certificate).map(({ id }) => ({ id, type: "load_balancer" })),
        };
    };
    return [
        [
            "GET",
            "/certificates",
            ({ query }) => ({ body: listOf("certificates", certificates, query, view) }),
        ],
        [
            "GET",
            "/certificates/:id",
            ({ params }) => ({ body: { certificate: view(find(params.id)) } }),
        ],
        [
            "POST",
            "/certificates",
            async ({ body }) => {
                const { name, labels: given, domain_names } = parse(creation, body);
                refuseName(certificates, name);
                const id = store.nextId();
                const action = actions.begin("create_certificate", [{ id, type: "certificate" }]);
                const created = new Date().toISOString();
                const certificate = {
                    ...{ id, name, labels: given, created, domain_names },
                    ...(await issued(store, domain_names)),
                };
                certificates.push(certificate);
                if (certificate.error) {
                    actions.fail(action, new Error(certificate.error.message));
                    action.error = certificate.error;
                } else {
                    actions.succeed(action);
                }
                store.save();
                return { body: { certificate: view(certificate), action } };
            },
        ],
        [
            "PUT",
            "/certificates/:id",
            ({ params, body }) => {
                const certificate = find(params.id);
                const given = parse(update, body);
                refuseName(certificates, given.name ?? certificate.name, certificate);
                Object.assign(certificate, given);
                store.save();
                return { body: { certificate: view(certificate) } };
            },
        ],
        [
            "DELETE",
            "/certificates/:id",
            ({ params }) => {
                const certificate = find(params.id);
                if (users(certificate).length > 0) {
                    const message = `certificate with ID '${certificate.id}' is still in use`;
                    throw new ApiError(409, "resource_in_use", message);
                }
                certificates.splice(certificates.indexOf(certificate), 1);
                store.save();
                return { status: 204 };
            },
        ],
    ];
}

/** As at Hetzner a name is proved by a record in a zone of the same project. */
async function issued(store: Store, names: string[]) {
    const { state } = store;
    const stray = names.find(
        (name) => !state.zones.some((zone) => `.${name}`.endsWith(`.${zone.name}`)),
    );
    if (stray !== undefined) {
        const nothing = { certificate: null, fingerprint: null };
        const never = { not_valid_before: null, not_valid_after: null };
        const error = { code: "dns_zone_not_found", message: `DNS zone not found for ${stray}` };
        return { ...nothing, ...never, key: "", error };
    }
    state.authority ??= await makeAuthority();
    return { ...(await issue(state.authority, names)), error: null };
}
