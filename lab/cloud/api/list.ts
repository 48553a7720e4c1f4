import { z } from "zod";
import type { Labels } from "../store.ts";
import { parse } from "./input.ts";
import { matches } from "./labelSelector.ts";

interface Listed {
    id: number;
    name?: string | null;
    created?: string;
    labels?: Labels;
}

const whole = (text: string) => (/^\d+$/.test(text) ? Number(text) : Number.NaN);
const page = z.object({
    page: z.string().default("1").transform(whole).pipe(z.number().int().min(1)),
    per_page: z.string().default("25").transform(whole).pipe(z.number().int().min(1).max(50)),
});

/** One page of a list after its filters, and the `meta` that tells of the others. */
export function listOf<T extends Listed, V>(
    key: string,
    all: T[],
    query: URLSearchParams,
    view: (item: T) => V,
): object {
    const asked = parse(page, {
        page: query.get("page") ?? undefined,
        per_page: query.get("per_page") ?? undefined,
    });
    const found = sorted(filtered(all, query), query.getAll("sort"));
    const last = Math.max(1, Math.ceil(found.length / asked.per_page));
    const begin = (asked.page - 1) * asked.per_page;
    return {
        [key]: found.slice(begin, begin + asked.per_page).map(view),
        meta: {
            pagination: {
                ...asked,
                previous_page: asked.page > 1 ? asked.page - 1 : null,
                next_page: asked.page < last ? asked.page + 1 : null,
                last_page: last,
                total_entries: found.length,
            },
        },
    };
}

function filtered<T extends Listed>(all: T[], query: URLSearchParams): T[] {
    const name = query.get("name");
    const selector = query.get("label_selector");
    const ids = query.getAll("id").map(Number);
    return all.filter(
        (item) =>
            (name === null || item.name === name) &&
            (ids.length === 0 || ids.includes(item.id)) &&
            (selector === null || matches(selector, item.labels ?? {})),
    );
}

/** `sort=name`, `sort=created:desc`; by id without it. */
function sorted<T extends Listed>(items: T[], sorts: string[]): T[] {
    const value = (item: T, field: string): string | number =>
        field === "name" ? (item.name ?? "") : field === "created" ? (item.created ?? "") : item.id;
    return items.toSorted((a, b) => {
        for (const sort of [...sorts, "id"]) {
            const [field, direction] = sort.split(":");
            const [x, y] = [value(a, field), value(b, field)];
            if (x !== y) {
                return (x < y ? -1 : 1) * (direction === "desc" ? -1 : 1);
            }
        }
        return 0;
    });
}
