import { formatPatch, OMIT_HEADERS, structuredPatch } from "diff";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { unknown, type Change, type Inputs } from "./changes.ts";
import { code, fence } from "./markdown.ts";
import { fileOf, isFile, isScript, reasonToRun } from "./remote.ts";
import { hidden } from "./secrets.ts";

/** Lines that come and go in one diff. More would hardly fit into a comment, and take seconds to compare. */
const mostLines = 2000;

/** What is to be said of a change beside its name, in Markdown. */
export interface Description {
    /** One line; empty where the name says it all. */
    line: string;
    /** A block with what changes, where there is more to see. */
    block?: string;
}

export function describe(change: Change): Description {
    if (isScript(change)) {
        return {
            line: change.operation === "update" ? `runs again because ${reasonToRun(change)}` : "",
        };
    }
    return isFile(change) ? describeFile(change) : describeOther(change);
}

function describeFile({ operation, before, after, changed }: Change): Description {
    const [old, current] = [fileOf(before), fileOf(after)];
    const path = code(current.path ?? old.path ?? "a file");
    if (operation === "create" || operation === "delete") {
        return { line: path };
    }
    const notes = [
        ...(old.path === current.path ? [] : [`was ${code(old.path ?? "elsewhere")}`]),
        ...(old.access === current.access ? [] : [`${old.access} → ${current.access}`]),
    ];
    if (current.text === undefined) {
        return { line: [path, ...notes, "its text is known only when it is applied"].join(", ") };
    }
    if (current.text === hidden) {
        const what = changed.includes("stdin") ? [`${code(hidden)} changed`] : [];
        return { line: [path, ...notes, ...what].join(", ") };
    }
    if (old.text === current.text && notes.length === 0) {
        // Without its path, so that all such files of a component are one item.
        return { line: "written again as it is" };
    }
    return { line: [path, ...notes].join(", "), block: diff(old.text ?? "", current.text) };
}

/** Any other resource: the inputs that change, as YAML. */
function describeOther({ operation, before, after, changed }: Change): Description {
    if (operation === "create" || operation === "delete") {
        return { line: "" };
    }
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((name) => name !== "__defaults")
        .filter((name) => !isDeepStrictEqual(before[name], after[name]));
    const secret = changed.filter((name) => !names.includes(name));
    const pick = (inputs: Inputs) =>
        Object.fromEntries(
            names.filter((name) => name in inputs).map((name) => [name, inputs[name]]),
        );
    return {
        line: secret.map((name) => `${code(name)} changed (not shown)`).join(", "),
        block: names.length > 0 ? diff(yaml(pick(before)), yaml(pick(after))) : undefined,
    };
}

function yaml(inputs: Inputs): string {
    return Object.keys(inputs).length === 0
        ? ""
        : stringify(inputs, { lineWidth: 0 }).replaceAll(
              unknown,
              "(known only when it is applied)",
          );
}

/** Undefined where there is no difference. */
function diff(before: string, after: string): string | undefined {
    const patch = structuredPatch("", "", before, after, undefined, undefined, {
        maxEditLength: mostLines,
    });
    if (patch === undefined) {
        return `More than ${mostLines} lines change.`;
    }
    return patch.hunks.length === 0 ? undefined : fence("diff", formatPatch(patch, OMIT_HEADERS));
}
