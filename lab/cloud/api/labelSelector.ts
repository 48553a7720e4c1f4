import type { Labels } from "../store.ts";
import { invalidField } from "./errors.ts";

/**
 * Do the labels fit a selector such as `env=prod,!old,tier in (web,db)`? Source:
 * https://docs.hetzner.cloud/reference/cloud#label-selector
 */
export function matches(selector: string, labels: Labels): boolean {
    // Commas within parentheses belong to a list of values.
    const terms = selector.split(/,(?![^(]*\))/).map((term) => term.trim());
    return terms.filter(Boolean).every((term) => matchesTerm(term, labels));
}

function matchesTerm(term: string, labels: Labels): boolean {
    const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
    if (set) {
        const [, key, operator, list] = set;
        const values = list.split(",").map((value) => value.trim());
        const isIn = key in labels && values.includes(labels[key]);
        return operator === "in" ? isIn : !isIn;
    }
    const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(term);
    if (equality) {
        const [, key, operator, value] = equality;
        return (labels[key] === value) === (operator !== "!=");
    }
    const presence = /^(!?)\s*([^\s=!]+)$/.exec(term);
    if (presence) {
        return presence[2] in labels === (presence[1] === "");
    }
    throw invalidField("label_selector", `"${term}" is no label selector`);
}
