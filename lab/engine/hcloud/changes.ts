import { isObject, type Value, type Values } from "../rpc/values.ts";
import type { Action, Client } from "./client.ts";

interface Acted {
    action?: Action;
}

/** Asks for an action and awaits its end. */
export async function act(client: Client, path: string, body: object, signal: AbortSignal) {
    const { action } = await client.post<Acted>(path, body, signal);
    await client.wait(action, signal);
}

/** Of what the API tells the part that the program has set: the rest are the API's own defaults. */
export function knownPart(found: Value, known: Value): Value {
    if (isObject(found) && isObject(known)) {
        const fields = Object.entries(found).filter(([name]) => name in known);
        return Object.fromEntries(
            fields.map(([name, value]): [string, Value] => [name, knownPart(value, known[name])]),
        );
    }
    return found;
}

/** The parts of an id such as `12-10.0.0.0/24`: two, of which the second may have the separator in it. */
export function idParts(id: string, separator: string): [string, string] {
    const at = id.indexOf(separator);
    if (at < 0) {
        throw new Error(`"${id}" is no id of this type: it has no "${separator}"`);
    }
    return [id.slice(0, at), id.slice(at + separator.length)];
}

/** Protection against deletion, where it is not as it should be. */
export async function protect(
    client: Client,
    path: string,
    there: boolean,
    { deleteProtection }: Values,
    signal: AbortSignal,
): Promise<void> {
    const wanted = deleteProtection === true;
    if (there !== wanted) {
        await act(client, `${path}/actions/change_protection`, { delete: wanted }, signal);
    }
}
