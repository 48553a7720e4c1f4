import { randomInt } from "node:crypto";
import { hash } from "bcryptjs";
import type { Resource } from "../provider/resource.ts";
import type { Failure, Shape } from "../provider/shape.ts";
import type { Values } from "../rpc/values.ts";

const numbers = "0123456789";
const lowers = "abcdefghijklmnopqrstuvwxyz";
const uppers = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const specials = "!@#$%&*()-_=+[]{}<>:?";
/** bcrypt reads no more than this of a password; the real plugin cuts it, too. */
const bcryptBytes = 72;
const bcryptCost = 10;

const flag = { type: "boolean", replaces: true } as const;
const count = { type: "number", replaces: true } as const;
const inputs: Shape = {
    length: { type: "number", required: true, minimum: 1, replaces: true },
    keepers: { type: "map", items: { type: "string" }, replaces: true },
    lower: flag,
    upper: flag,
    number: flag,
    numeric: flag,
    special: flag,
    minLower: count,
    minUpper: count,
    minNumeric: count,
    minSpecial: count,
    overrideSpecial: { type: "string", replaces: true },
};

export const randomPassword: Resource = {
    inputs,
    computed: ["bcryptHash", "result"],
    planned: withDefaults,
    check: (values) => ({ inputs: values, failures: failuresOf(values) }),
    async create(values) {
        const result = makeString(values);
        const bcryptHash = await hash(
            Buffer.from(result).subarray(0, bcryptBytes).toString(),
            bcryptCost,
        );
        return { id: "none", outputs: { ...withDefaults(values), bcryptHash, result } };
    },
};

/** As in the real plugin, the resource's id is the string itself: not for secrets. */
export const randomString: Resource = {
    inputs,
    computed: ["result"],
    planned: withDefaults,
    check: (values) => ({ inputs: values, failures: failuresOf(values) }),
    create(values) {
        const result = makeString(values);
        return Promise.resolve({ id: result, outputs: { ...withDefaults(values), result } });
    },
};

function withDefaults(values: Values): Values {
    const numeric = values.numeric ?? values.number ?? true;
    return {
        ...{ lower: true, upper: true, special: true },
        ...{ minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 },
        ...values,
        ...{ numeric, number: numeric },
    };
}

function failuresOf(values: Values): Failure[] {
    const { length, minLower, minUpper, minNumeric, minSpecial, ...flags } = withDefaults(values);
    const minimum = [minLower, minUpper, minNumeric, minSpecial].reduce<number>(
        (sum, least) => sum + (typeof least === "number" ? least : 0),
        0,
    );
    const failures: Failure[] = [];
    if (typeof length === "number" && length < minimum) {
        const reason = `must be at least the sum of the minimum counts, ${minimum}, got: ${length}`;
        failures.push({ property: "length", reason });
    }
    if ([flags.lower, flags.upper, flags.numeric, flags.special].every((on) => on === false)) {
        const reason = "at least one of lower, upper, numeric, special must be true";
        failures.push({ property: "special", reason });
    }
    return failures;
}

function makeString(values: Values): string {
    const all = withDefaults(values);
    const special =
        typeof all.overrideSpecial === "string" && all.overrideSpecial !== ""
            ? all.overrideSpecial
            : specials;
    const alphabets = [
        { characters: numbers, on: all.numeric, least: all.minNumeric },
        { characters: lowers, on: all.lower, least: all.minLower },
        { characters: uppers, on: all.upper, least: all.minUpper },
        { characters: special, on: all.special, least: all.minSpecial },
    ];
    // A minimum count holds also where its alphabet is switched off: so does the real plugin.
    const picked = alphabets.flatMap(({ characters, least }) => pick(characters, Number(least)));
    const allowed = alphabets.filter(({ on }) => on !== false).map((each) => each.characters);
    picked.push(...pick(allowed.join(""), Number(all.length) - picked.length));
    return shuffled(picked).join("");
}

function pick(characters: string, count: number): string[] {
    const alphabet = [...characters];
    return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)] ?? "");
}

function shuffled(items: string[]): string[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
        const j = randomInt(i + 1);
        [result[i], result[j]] = [result[j] ?? "", result[i] ?? ""];
    }
    return result;
}
