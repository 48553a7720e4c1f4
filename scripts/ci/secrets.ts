/** What stands for a secret, in the engine's events and in a comment. */
export const hidden = "[secret]";

/** The key by which the engine marks objects that are more than they seem: above all secrets. */
const signature = "4dabf18193072939515e22adb298388d";

/**
 * Both sides of one value, without what is secret on either of them: a value that was plain and becomes secret is no
 * longer to be shown, nor is one that was secret until now.
 */
export function hide(before: unknown, after: unknown): [before: unknown, after: unknown] {
    if (isObject(before) && isObject(after) && !isSecret(before) && !isSecret(after)) {
        const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
        const pairs = keys.map((key) => [key, hide(before[key], after[key])] as const);
        return [
            Object.fromEntries(pairs.flatMap(([key, [value]]) => entry(key, value, before))),
            Object.fromEntries(pairs.flatMap(([key, [, value]]) => entry(key, value, after))),
        ];
    }
    // Of lists, all: an item that was moved would meet another one on the other side.
    if (holdsSecret(before) || holdsSecret(after)) {
        return [cover(before), cover(after)];
    }
    return [before, after];
}

function entry(key: string, value: unknown, of: Record<string, unknown>): [string, unknown][] {
    return key in of ? [[key, value]] : [];
}

function cover(value: unknown): unknown {
    return value === undefined || value === null ? value : hidden;
}

function holdsSecret(value: unknown): boolean {
    return (
        isSecret(value) ||
        (typeof value === "object" && value !== null && Object.values(value).some(holdsSecret))
    );
}

/** Also a text in which the engine has blacked out a part, or which is an object with the mark as JSON. */
function isSecret(value: unknown): boolean {
    return typeof value === "string"
        ? value.includes(hidden) || value.includes(signature)
        : isObject(value) && signature in value;
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
