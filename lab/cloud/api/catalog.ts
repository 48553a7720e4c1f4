import {
    balancerTypes,
    datacenterView,
    images,
    imageView,
    locations,
    serverTypes,
    serverTypeView,
} from "../catalog.ts";
import { notFound } from "./errors.ts";
import { listOf } from "./list.ts";
import type { Route } from "./router.ts";

/** What is offered: lists that nobody can change. */
export function catalogRoutes(): Route[] {
    return [
        ...readOnly("location", locations),
        ...readOnly("datacenter", locations.map(datacenterView)),
        ...readOnly("server_type", serverTypes.map(serverTypeView)),
        ...readOnly("load_balancer_type", balancerTypes),
        ...readOnly("image", images.map(imageView), ["type", "status", "architecture"]),
    ];
}

function readOnly<T extends { id: number; name: string }>(
    key: string,
    items: T[],
    filters: (keyof T & string)[] = [],
): Route[] {
    return [
        [
            "GET",
            `/${key}s`,
            ({ query }) => {
                const found = items.filter((item) =>
                    filters.every(
                        (field) =>
                            !query.has(field) || query.getAll(field).includes(String(item[field])),
                    ),
                );
                return { body: listOf(`${key}s`, found, query, (item) => item) };
            },
        ],
        [
            "GET",
            `/${key}s/:id`,
            ({ params }) => {
                const item = items.find(({ id }) => String(id) === params.id);
                if (!item) {
                    throw notFound(key.replace("_", " "), params.id);
                }
                return { body: { [key]: item } };
            },
        ],
    ];
}
