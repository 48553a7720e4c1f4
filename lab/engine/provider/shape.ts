import {
    foreignSignature,
    isObject,
    isSecret,
    isUnknown,
    secret,
    type Value,
    type Values,
} from "../rpc/values.ts";

/** What one input of a resource may be. */
export interface Field {
    type: "string" | "number" | "boolean" | "list" | "map" | "object" | "any";
    /** Of a list or a map. */
    items?: Field;
    /** Of an object. */
    fields?: Shape;
    required?: boolean;
    default?: Value;
    /** Always secret, whatever the program says. */
    secret?: boolean;
    /** A change makes a new resource instead of updating the one that is there. */
    replaces?: boolean;
    allowed?: readonly (string | number)[];
    minimum?: number;
}
export type Shape = Readonly<Record<string, Field>>;

export interface Failure {
    property: string;
    reason: string;
}

export interface Checked {
    inputs: Values;
    failures: Failure[];
    /** Names of the inputs that got their default. */
    defaulted: string[];
}

/** Compares inputs with the shape that a stand-in implements, and applies defaults. Anything else is refused. */
export function checkShape(inputs: Values, shape: Shape, prefix = ""): Checked {
    const checked: Checked = { inputs: {}, failures: [], defaulted: [] };
    for (const [name, value] of Object.entries(inputs)) {
        if (!prefix && (name === "version" || name.startsWith("__"))) {
            continue; // the engine's own
        }
        const field = shape[name];
        if (field) {
            checked.inputs[name] = checkField(value, field, prefix + name, checked.failures);
        } else {
            const reason = "this property is not implemented by the stand-in plugin";
            checked.failures.push({ property: prefix + name, reason });
        }
    }
    for (const [name, field] of Object.entries(shape)) {
        if ((checked.inputs[name] ?? null) !== null) {
            continue;
        }
        delete checked.inputs[name];
        if (field.default !== undefined) {
            checked.inputs[name] = field.default;
            checked.defaulted.push(name);
        } else if (field.required) {
            checked.failures.push({ property: prefix + name, reason: "missing required property" });
        }
    }
    return checked;
}

function checkField(value: Value, field: Field, path: string, failures: Failure[]): Value {
    if (isSecret(value)) {
        return secret(checkField(value.value, { ...field, secret: false }, path, failures));
    }
    if (field.secret) {
        return secret(checkField(value, { ...field, secret: false }, path, failures));
    }
    if (isUnknown(value) || value === null) {
        return value;
    }
    if (foreignSignature(value) !== undefined) {
        failures.push({ property: path, reason: "assets and archives are not implemented" });
        return value;
    }
    const converted = convert(value, field);
    const reason = converted === undefined ? `expected ${field.type}` : limits(converted, field);
    if (converted === undefined || reason) {
        failures.push({ property: path, reason: reason ?? "" });
        return value;
    }
    return descend(converted, field, path, failures);
}

function descend(value: Value, field: Field, path: string, failures: Failure[]): Value {
    const { items, fields } = field;
    if (Array.isArray(value) && items) {
        return value.map((item, i) => checkField(item, items, `${path}[${i}]`, failures));
    }
    if (isObject(value) && items) {
        const entries = Object.entries(value).map(([key, item]): [string, Value] => [
            key,
            checkField(item, items, `${path}.${key}`, failures),
        ]);
        return Object.fromEntries(entries);
    }
    if (isObject(value) && fields) {
        const nested = checkShape(value, fields, `${path}.`);
        failures.push(...nested.failures);
        return nested.inputs;
    }
    return value;
}

/** The value as the field's type, or undefined. Numbers and strings stand for each other, as in the real plugins. */
function convert(value: Value, field: Field): Value | undefined {
    switch (field.type) {
        case "any":
            return value;
        case "list":
            return Array.isArray(value) ? value : undefined;
        case "map":
        case "object":
            return isObject(value) ? value : undefined;
        case "number":
            return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))
                ? Number(value)
                : matching(value, field.type);
        case "string":
            return typeof value === "number" || typeof value === "boolean"
                ? String(value)
                : matching(value, field.type);
        case "boolean":
            return value === "true" || value === "false"
                ? value === "true"
                : matching(value, field.type);
    }
}

function matching(value: Value, type: string): Value | undefined {
    return typeof value === type ? value : undefined;
}

function limits(value: Value, field: Field): string | undefined {
    if (field.allowed && !field.allowed.includes(value as string | number)) {
        return `expected one of ${field.allowed.join(", ")}, got ${JSON.stringify(value)}`;
    }
    if (field.minimum !== undefined && typeof value === "number" && value < field.minimum) {
        return `expected at least ${field.minimum}, got ${value}`;
    }
    return undefined;
}
