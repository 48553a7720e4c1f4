import type { ProviderFunction } from "../provider/resource.ts";
import type { Client } from "./client.ts";

/** As the API gives it. */
interface ServerType {
    id: number;
    name: string;
    description: string;
    category: string;
    cores: number;
    memory: number;
    disk: number;
    storage_type: string;
    cpu_type: string;
    architecture: string;
    locations: Location[];
}

interface Location {
    id: number;
    name: string;
    available: boolean;
    recommended: boolean;
    deprecation: { announced: string; unavailable_after: string } | null;
}

/** All server types, with where they are offered and where they can be had. */
export function getServerTypes(client: () => Client): ProviderFunction {
    return {
        inputs: {},
        async invoke(_, signal) {
            const found: ServerType[] = [];
            for (let page: number | null = 1; page !== null;) {
                const path: string = `/server_types?per_page=50&page=${page}`;
                const answer = await client().get<{
                    server_types: ServerType[];
                    meta: { pagination: { next_page: number | null } };
                }>(path, signal);
                found.push(...answer.server_types);
                page = answer.meta.pagination.next_page;
            }
            return {
                id: found.map(({ id }) => id).join("-"),
                serverTypeIds: found.map(({ id }) => String(id)),
                names: found.map(({ name }) => name),
                descriptions: found.map(({ description }) => description),
                serverTypes: found.map(typeOutputs),
            };
        },
    };
}

function typeOutputs({ storage_type, cpu_type, locations, ...type }: ServerType) {
    return {
        id: type.id,
        name: type.name,
        description: type.description,
        category: type.category,
        cores: type.cores,
        memory: type.memory,
        disk: type.disk,
        architecture: type.architecture,
        storageType: storage_type,
        cpuType: cpu_type,
        includedTraffic: 0,
        ...deprecation(null),
        locations: locations.map((location) => ({
            id: location.id,
            name: location.name,
            available: location.available,
            recommended: location.recommended,
            ...deprecation(location.deprecation),
        })),
    };
}

function deprecation(found: Location["deprecation"]) {
    return {
        isDeprecated: found !== null,
        deprecationAnnounced: found?.announced ?? "",
        unavailableAfter: found?.unavailable_after ?? "",
    };
}
