import { invalidField } from "./errors.ts";

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
