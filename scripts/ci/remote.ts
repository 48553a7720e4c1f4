import { unknown, type Change, type Inputs } from "./changes.ts";
import { hidden } from "./secrets.ts";

/** Both kinds of components/remote are this resource. */
const command = "command:remote:Command";

/** A file on a machine (RemoteFile), as one side of a change has it. */
export interface File {
    path?: string;
    /** `[secret]`, or undefined where it will be known only when the change is made. */
    text?: string;
    /** `0644 root:root` */
    access?: string;
}

/** Whether the change is one of a RemoteScript. Its text goes by standard input like a file's, but it has no path. */
export function isScript({ type, before, after }: Change): boolean {
    const sides = [before, after].filter((inputs) => Object.keys(inputs).length > 0);
    return type === command && sides.some(({ triggers }) => triggers === undefined);
}

export function isFile(change: Change): boolean {
    return change.type === command && !isScript(change);
}

/** The file that a RemoteFile's inputs describe. */
export function fileOf({ create, stdin, triggers }: Inputs): File {
    const writes = asRoot(create);
    const first: unknown = Array.isArray(triggers) ? triggers[0] : undefined;
    const mode = word(writes, "chmod");
    const owner = word(writes, "chown");
    return {
        path: typeof first === "string" ? first : word(writes, 'mv "$temporary"', ""),
        text: typeof stdin === "string" && stdin !== unknown ? stdin : undefined,
        access: mode !== undefined && owner !== undefined ? `${mode} ${owner}` : undefined,
    };
}

/** The command as root has it: for other users, components/remote puts all of it in quotes behind sudo. */
function asRoot(create: unknown): string {
    const text = typeof create === "string" ? create : "";
    const quoted = /^sudo -n .*?sh -c '(.*)'$/s.exec(text)?.[1];
    return quoted?.replaceAll(String.raw`'\''`, "'") ?? text;
}

/** The quoted word between two parts of a line. */
function word(text: string, before: string, after = ' "$temporary"'): string | undefined {
    const line = text
        .split("\n")
        .find((each) => each.startsWith(`${before} '`) && each.endsWith(`'${after}`));
    return line
        ?.slice(before.length + 2, line.length - after.length - 1)
        .replaceAll(String.raw`'\''`, "'");
}

/** Why a RemoteScript runs again, as it follows on "because". */
export function reasonToRun({ before, after }: Change): string {
    if (differs(before.create, after.create)) {
        const names = changedVariables(before.create, after.create);
        return names.length > 0
            ? `it is told another ${names.join(", ")}`
            : "its variables changed";
    }
    if (differs(before.stdin, after.stdin)) {
        return "its text changed";
    }
    if (after.update === unknown) {
        return "a file that it reads, or the machine, is known only when it is applied";
    }
    return differs(before.update, after.update) || before.update === hidden
        ? "a file that it reads changed, or the machine was made anew"
        : "the way to the machine changed";
}

function differs(before: unknown, after: unknown): boolean {
    return before !== after;
}

/** By the form that RemoteScript gives a command: `A='x' B='y' bash -s`. */
function changedVariables(before: unknown, after: unknown): string[] {
    const [old, current] = [variables(before), variables(after)];
    return [...new Set([...old.keys(), ...current.keys()])]
        .filter((name) => old.get(name) !== current.get(name))
        .sort();
}

/** What a script is told, by name. */
export function variables(create: unknown): Map<string, string> {
    const whole = asRoot(create);
    const assignments = / bash -s$/.test(whole) ? whole : "";
    return new Map(
        [...assignments.matchAll(/([A-Z][A-Z0-9_]*)='((?:[^']|'\\'')*)'(?= |$)/g)].map(
            ([, name = "", value = ""]) => [name, value.replaceAll(String.raw`'\''`, "'")],
        ),
    );
}
