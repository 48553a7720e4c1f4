import { equal, isObject, isSecret, isUnknown, type Value, type Values } from "../rpc/values.ts";

export type Kind = "add" | "delete" | "update";
/** From property path (`stdin`, `triggers[0]`, `connection.host`) to what happens there. */
export type Differences = Map<string, Kind>;

/**
 * The differences from `before` to `after`. A value that is not known yet counts as a difference: as
 * "delete" where there was one before (that is how pulumi-go-provider has it), as none where there was none.
 */
export function differences(before: Values, after: Values): Differences {
    const found: Differences = new Map();
    diffObjects(before, after, "", found);
    return found;
}

function diffObjects(before: Values, after: Values, prefix: string, found: Differences): void {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        const path = joined(prefix, key);
        const [had, has] = [hasValue(before[key]), hasValue(after[key])];
        if (had && has) {
            diffValues(before[key], after[key], path, found);
        } else if (had) {
            found.set(path, "delete");
        } else if (has) {
            found.set(path, "add");
        }
    }
}

function diffValues(
    before: Value | undefined,
    after: Value | undefined,
    path: string,
    found: Differences,
): void {
    if (isSecret(before) && isSecret(after)) {
        // The path of a secret's parts would tell of its inside: a secret differs as a whole.
        if (!equal(before.value, after.value)) {
            found.set(path, "update");
        }
    } else if (Array.isArray(before) && Array.isArray(after)) {
        for (let i = 0; i < Math.max(before.length, after.length); i++) {
            const item = `${path}[${i}]`;
            if (i >= before.length) {
                found.set(item, "add");
            } else if (i >= after.length) {
                found.set(item, "delete");
            } else {
                diffValues(before[i], after[i], item, found);
            }
        }
    } else if (isObject(before) && isObject(after) && !isSecret(before) && !isSecret(after)) {
        diffObjects(before, after, path, found);
    } else if (!equal(before, after)) {
        found.set(path, "update");
    }
}

function hasValue(value: Value | undefined): boolean {
    return value !== undefined && value !== null && !isUnknown(value);
}

function joined(prefix: string, key: string): string {
    if (/[.[\]"]/.test(key)) {
        return `${prefix}[${JSON.stringify(key)}]`;
    }
    return prefix ? `${prefix}.${key}` : key;
}
