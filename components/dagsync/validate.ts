import { problem, type Problem } from "../problems";
import type { DagSyncArgs } from "./args";
import { gitProblems } from "./validateGit";
import { nodesProblems, pathProblems } from "./validateParts";

/** What a DagSync's kind needs to know of its nodes before any of them is there. */
export interface NamedNode {
    name: string;
}

type Plain<T> = T extends unknown ? Omit<T, "nodes" | "etcd"> & { nodes: NamedNode[] } : never;

/** The plain part of DagSync's arguments. */
export type DagSyncSettings = Plain<DagSyncArgs>;

export const kinds = ["csync2", "git", "shared"];

export function dagSyncProblems(settings: DagSyncSettings): Problem[] {
    const { nodes } = settings;
    switch (settings.kind) {
        case undefined:
        case "csync2":
            return [
                ...nodesProblems(nodes, 2, ""),
                ...pathProblems(settings.path),
                ...ownerProblems(settings.owner),
            ];
        case "git":
            return [
                ...nodesProblems(nodes, 3, ": a push is taken when most of them have it"),
                ...gitProblems(settings),
            ];
        case "shared":
            return [...nodesProblems(nodes, 2, ""), ...pathProblems(settings.path)];
        default:
            return [
                problem(
                    "kind",
                    (settings satisfies never as { kind: unknown }).kind,
                    `allowed are ${kinds.join(", ")}`,
                ),
            ];
    }
}

function ownerProblems(owner?: string): Problem[] {
    return owner === undefined || /^[a-z_][a-z0-9_-]{0,31}$/.test(owner)
        ? []
        : [
              problem(
                  "owner",
                  owner,
                  "a user name of 1 to 32 lower-case letters, digits, - and _ is needed",
              ),
          ];
}
