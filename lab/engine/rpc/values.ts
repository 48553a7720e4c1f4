/** Property values as the engine sends them: JSON, with secrets and unknowns as marked objects and strings. */
export type Value = null | boolean | number | string | Value[] | Values;
export interface Values {
    [key: string]: Value;
}

// The marks are part of Pulumi's wire format (sdk/go/common/resource/properties.go and plugin/rpc.go).
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownMarks = new Set([
    unknownString,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
    "030794c1-ac77-496b-92df-f27374a8bd58", // asset
    "e48ece36-62e2-4504-bad9-02848725956a", // archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** A value that is only known once the resource is there. */
export const unknown: Value = unknownString;

export function isUnknown(value: Value | undefined): boolean {
    return typeof value === "string" && unknownMarks.has(value);
}

export function isObject(value: Value | undefined): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Value | undefined): value is { value: Value } & Values {
    return isObject(value) && value[signature] === secretSignature;
}

/** The kind of marked object (asset, archive, ...) that is neither data nor a secret, or undefined. */
export function foreignSignature(value: Value): Value | undefined {
    return isObject(value) && !isSecret(value) ? value[signature] : undefined;
}

/** A string as it is; an empty one for anything else. */
export function text(value: Value | undefined): string {
    return typeof value === "string" ? value : "";
}

export function secret(value: Value): Value {
    return isSecret(value) ? value : { [signature]: secretSignature, value };
}

/** The value without the marks of secrets, at any depth. */
export function plain(value: Value): Value {
    if (isSecret(value)) {
        return plain(value.value);
    }
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    return isObject(value) ? plainValues(value) : value;
}

export function plainValues(values: Values): Values {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plain(value)]));
}

export function containsUnknown(value: Value | undefined): boolean {
    if (Array.isArray(value)) {
        return value.some(containsUnknown);
    }
    return isObject(value) ? Object.values(value).some(containsUnknown) : isUnknown(value);
}

/** Whether two values are the same; an unknown is the same as nothing, not even another unknown. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
    if (isUnknown(a) || isUnknown(b)) {
        return false;
    }
    if (Array.isArray(a) && Array.isArray(b)) {
        return a.length === b.length && a.every((item, i) => equal(item, b[i]));
    }
    if (isObject(a) && isObject(b)) {
        const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
        return [...keys].every((key) => equal(a[key] ?? null, b[key] ?? null));
    }
    return (a ?? null) === (b ?? null);
}
