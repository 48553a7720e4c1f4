import { invalidField, notFound, notUnique } from "./errors.ts";

/** The thing of that id or name; an id comes first. */
export function named<T extends { id: number; name: string }>(
    field: string,
    items: T[],
    idOrName: string,
): T {
    const found =
        items.find(({ id }) => String(id) === idOrName) ??
        items.find(({ name }) => name === idOrName);
    if (!found) {
        throw invalidField(field, `there is no ${field.replace("_", " ")} "${idOrName}"`);
    }
    return found;
}

/** The thing of that id, as a path names it. */
export function withId<T extends { id: number }>(what: string, items: T[], id: number | string): T {
    const found = items.find((each) => String(each.id) === String(id));
    if (!found) {
        throw notFound(what, id);
    }
    return found;
}

/** For a new thing's name, or for another name of `except`. */
export function refuseName<T extends { name: string }>(items: T[], name: string, except?: T): void {
    if (items.some((each) => each !== except && each.name === name)) {
        throw notUnique(["name"]);
    }
}
