import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import type { Rrset, Store, Zone } from "../store.ts";
import type { Actions } from "./actions.ts";
import { ApiError, notFound, notUnique } from "./errors.ts";
import { hostName, labels, parse } from "./input.ts";
import { listOf } from "./list.ts";
import { refuseProtected } from "./networks.ts";
import type { Route } from "./router.ts";

const ttl = z.number().int().min(60).max(2_147_483_647);
const records = z
    .array(
        z.object({
            value: z.string().min(1),
            comment: z
                .string()
                .max(255)
                .nullish()
                .transform((text) => text ?? null),
        }),
    )
    .min(1, "must not be empty");
const creation = z.object({
    name: hostName,
    mode: z.literal("primary", "the lab's cloud has primary zones only"),
    ttl: ttl.default(3600),
    labels: labels.default({}),
    rrsets: z.array(z.unknown()).max(0, "are to be made one by one in the lab").optional(),
});
const rrset = z
    .object({
        name: z
            .string()
            .regex(/^(@|[a-z0-9_*]([a-z0-9-.]*[a-z0-9])?)$/, "must be a name relative to the zone"),
        type: z.enum(["A", "AAAA"], "the lab's cloud has records A and AAAA only"),
        ttl: ttl.nullish().transform((given) => given ?? null),
        labels: labels.default({}),
        records,
    })
    .superRefine(({ type, records: given }, context) =>
        given
            .filter(({ value }) => !fits(type, value))
            .forEach(() =>
                context.addIssue({
                    code: "custom",
                    path: ["records"],
                    message: `must be addresses as ${type} has them`,
                }),
            ),
    );

/** Zones, by id or name, and their records: kept and told, asked for by no resolver. */
export function zoneRoutes(store: Store, actions: Actions): Route[] {
    const { zones } = store.state;
    const find = (idOrName: string): Zone => {
        const found = zones.find(({ id, name }) => String(id) === idOrName || name === idOrName);
        if (!found) {
            throw notFound("zone", idOrName);
        }
        return found;
    };
    const findSet = (params: Record<string, string>): [Zone, Rrset] => {
        const zone = find(params.zone);
        const found = zone.rrsets.find(
            ({ name, type }) => name === params.name && type === params.type,
        );
        return [zone, found ?? missing(`${params.name}/${params.type}`)];
    };
    const done = (zone: Zone, command: string) => {
        store.save();
        return actions.done(command, [{ id: zone.id, type: "zone" }]);
    };
    const oneSet = "/zones/:zone/rrsets/:name/:type";
    /** A change of a set of records that is not protected. */
    const change = (command: string, apply: (set: Rrset, body: unknown) => void): Route => [
        "POST",
        `${oneSet}/actions/${command}`,
        ({ params, body }) => {
            const [zone, set] = findSet(params);
            refuseChange(set);
            apply(set, body);
            return { body: { action: done(zone, `${command}_rrset`) } };
        },
    ];
    return [
        ["GET", "/zones", ({ query }) => ({ body: listOf("zones", zones, query, zoneView) })],
        ["GET", "/zones/:zone", ({ params }) => ({ body: { zone: zoneView(find(params.zone)) } })],
        [
            "POST",
            "/zones",
            ({ body }) => {
                const given = parse(creation, body);
                if (zones.some(({ name }) => name === given.name)) {
                    throw notUnique(["name"]);
                }
                const zone: Zone = {
                    id: store.nextId(),
                    name: given.name,
                    labels: given.labels,
                    ttl: given.ttl,
                    created: new Date().toISOString(),
                    protection: { delete: false },
                    rrsets: [],
                };
                zones.push(zone);
                return { body: { zone: zoneView(zone), action: done(zone, "create_zone") } };
            },
        ],
        [
            "DELETE",
            "/zones/:zone",
            ({ params }) => {
                const zone = find(params.zone);
                refuseProtected("zone", zone);
                zones.splice(zones.indexOf(zone), 1);
                return { body: { action: done(zone, "delete_zone") } };
            },
        ],
        [
            "GET",
            "/zones/:zone/rrsets",
            ({ params, query }) => {
                const zone = find(params.zone);
                const types = query.getAll("type");
                const found = zone.rrsets
                    .filter(({ type }) => types.length === 0 || types.includes(type))
                    .map((set, index) => ({ ...set, id: index }));
                return {
                    body: listOf("rrsets", found, query, (set) => rrsetView(zone, set)),
                };
            },
        ],
        [
            "POST",
            "/zones/:zone/rrsets",
            ({ params, body }) => {
                const zone = find(params.zone);
                const given = parse(rrset, body);
                if (zone.rrsets.some((s) => s.name === given.name && s.type === given.type)) {
                    throw notUnique(["name", "type"]);
                }
                const set: Rrset = { ...given, protection: { change: false } };
                zone.rrsets.push(set);
                const action = done(zone, "create_rrset");
                return { body: { rrset: rrsetView(zone, set), action } };
            },
        ],
        ["GET", oneSet, ({ params }) => ({ body: { rrset: rrsetView(...findSet(params)) } })],
        [
            "DELETE",
            oneSet,
            ({ params }) => {
                const [zone, set] = findSet(params);
                refuseChange(set);
                zone.rrsets.splice(zone.rrsets.indexOf(set), 1);
                return { body: { action: done(zone, "delete_rrset") } };
            },
        ],
        change("set_records", (set, body) => {
            const given = { ...set, ...parse(z.object({ records }), body) };
            set.records = parse(rrset, given).records;
        }),
        change("change_ttl", (set, body) => {
            set.ttl = parse(z.object({ ttl: ttl.nullable() }), body).ttl;
        }),
    ];
}

function fits(type: string, value: string): boolean {
    return type === "A" ? isIPv4(value) : isIPv6(value);
}

function refuseChange(set: Rrset): void {
    if (set.protection.change) {
        throw new ApiError(403, "protected", "changes of the records are protected");
    }
}

function missing(id: string): never {
    throw notFound("rrset", id);
}

function rrsetView(zone: Zone, { name, type, ttl, labels, records, protection }: Rrset) {
    return { id: `${name}/${type}`, name, type, ttl, labels, records, protection, zone: zone.id };
}

function zoneView({ rrsets, ...zone }: Zone) {
    return {
        ...zone,
        mode: "primary",
        primary_nameservers: [],
        authoritative_nameservers: {
            assigned: ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com."],
            delegated: [],
            delegation_last_check: zone.created,
            delegation_status: "unregistered",
        },
        registrar: "unknown",
        status: "ok",
        record_count: rrsets.reduce((sum, { records }) => sum + records.length, 0),
    };
}
