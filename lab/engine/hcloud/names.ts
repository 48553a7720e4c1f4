import { createHash } from "node:crypto";
import type { CheckContext, CheckResult } from "../provider/resource.ts";
import { equal, type Values } from "../rpc/values.ts";

const longestName = 255;

/** A name for what the program gives none: the resource's own name with 7 hexadecimal digits, kept once made. */
export function checkName(inputs: Values, before: Values, context: CheckContext): CheckResult {
    if (inputs.name !== undefined) {
        return { inputs, failures: [] };
    }
    const suffix = createHash("sha1").update(context.seed).digest("hex").slice(0, 7);
    const made = `${context.name}-${suffix}`.slice(0, longestName);
    const kept = nameIsMade(before) && typeof before.name === "string" ? before.name : made;
    return { inputs: { ...inputs, name: kept }, failures: [], defaulted: ["name"] };
}

/** A name that the program gives cannot be there twice: the old one has to go first. */
export function sameGivenName(state: Values, inputs: Values): boolean {
    return !nameIsMade(inputs) && equal(state.name, inputs.name);
}

function nameIsMade({ __defaults: defaults }: Values): boolean {
    return Array.isArray(defaults) && defaults.includes("name");
}
