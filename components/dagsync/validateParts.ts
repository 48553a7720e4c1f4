import { problem, type Problem } from "../problems";

export function nodesProblems(nodes: { name: string }[], least: number, why: string): Problem[] {
    const names = nodes.map((node) => node.name);
    const twice = names.filter((name, at) => names.indexOf(name) !== at);
    return [
        ...(nodes.length >= least
            ? []
            : [problem("nodes", nodes.length, `at least ${least} are needed${why}`)]),
        ...[...new Set(twice)].map((name) =>
            problem("nodes.name", name, "every node needs one of its own"),
        ),
    ];
}

/** csync2 takes neither spaces nor wildcards, and a folder of the system itself must never be synchronized. */
export function pathProblems(path: unknown): Problem[] {
    const parts = typeof path === "string" ? path.split("/").slice(1) : [];
    const valid =
        typeof path === "string" &&
        path.startsWith("/") &&
        parts.length >= 2 &&
        parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part));
    const allowed =
        "an absolute path of two folders or more is needed, of letters, digits, dots, hyphens and underscores";
    return valid ? [] : [problem("path", path, allowed)];
}
