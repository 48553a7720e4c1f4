import { problem, type Problem } from "../problems";

/** The plain part of DagSync's arguments. */
export interface DagSyncSettings {
    nodes: { name: string; meshAddress: string }[];
    path: string;
    owner?: string;
}

export function dagSyncProblems({ nodes, path, owner }: DagSyncSettings): Problem[] {
    const names = nodes.map((node) => node.name);
    const twice = names.filter((name, at) => names.indexOf(name) !== at);
    return [
        ...(nodes.length >= 2 ? [] : [problem("nodes", nodes.length, "at least 2 are needed")]),
        ...[...new Set(twice)].map((name) =>
            problem("nodes.name", name, "every node needs one of its own"),
        ),
        ...pathProblems(path),
        ...(owner === undefined || /^[a-z_][a-z0-9_-]{0,31}$/.test(owner)
            ? []
            : [ownerProblem(owner)]),
    ];
}

/** csync2 takes neither spaces nor wildcards, and a folder of the system itself must never be synchronized. */
function pathProblems(path: string): Problem[] {
    const parts = path.split("/").slice(1);
    const valid =
        path.startsWith("/") &&
        parts.length >= 2 &&
        parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part));
    const allowed =
        "an absolute path of two folders or more is needed, of letters, digits, dots, hyphens and underscores";
    return valid ? [] : [problem("path", path, allowed)];
}

function ownerProblem(owner: string): Problem {
    return problem(
        "owner",
        owner,
        "a user name of 1 to 32 lower-case letters, digits, - and _ is needed",
    );
}
