import type * as pulumi from "@pulumi/pulumi";
import type { EtcdCluster } from "../etcd";
import type { MeshNode } from "../node";
import { problem, type Problem } from "../problems";
import type { DagSyncArgs, GitArgs, GitUpstream } from "./args";
import { dagSyncProblems, kinds } from "./validate";
import { unknownProblems } from "./validateGit";

/** The stack's setting `dags`: what of DagSync's arguments a stack may choose. The upstream's key is a setting of its own. */
export type DagsConfig =
    | { kind: "csync2"; path?: string }
    | { kind: "shared"; path: string }
    | ({ kind: "git"; upstream?: Omit<GitUpstream, "privateKey"> } & Omit<
          GitArgs,
          "kind" | "nodes" | "etcd" | "upstream"
      >);

const keys: Record<DagsConfig["kind"], string[]> = {
    csync2: ["kind", "path"],
    git: ["kind", "path", "branch", "authorizedKeys", "upstream", "subdir"],
    shared: ["kind", "path"],
};

const defaultFolder = "/srv/airflow/dags";

/** What is wrong with the two settings, by their names; `key` is empty when it is not set. */
export function dagsProblems(dags: DagsConfig, key: string): Problem[] {
    // Nothing is sure to be of its type: a stack's configuration may hold anything.
    const given = dags as unknown;
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
        return [problem("dags", given, `kind is needed: ${kinds.join(", ")}`)];
    }
    if (!kinds.includes(dags.kind)) {
        return [problem("dags.kind", dags.kind, `allowed are ${kinds.join(", ")}`)];
    }
    const upstream: unknown = dags.kind === "git" ? dags.upstream : undefined;
    if (key !== "" && upstream === undefined) {
        return ["dagsUpstreamKey: without an upstream in dags it has no meaning"];
    }
    // How many nodes there are is others' concern.
    const nodes = ["one", "two", "three"].map((name) => ({ name }));
    return [
        ...unknownProblems("dags.", dags, keys[dags.kind], `for kind ${dags.kind} there`),
        ...(typeof upstream === "object" && upstream !== null && "privateKey" in upstream
            ? ["dags.upstream.privateKey: it is a secret; the setting dagsUpstreamKey is for it"]
            : dagSyncProblems({ ...withKey(dags, key), nodes })
                  .map((line) => `dags.${line}`)
                  .map((line) =>
                      line
                          .replace("dags.upstream.privateKey:", "dagsUpstreamKey:")
                          .replace("and upstream.", "and dags.upstream."),
                  )),
    ];
}

/** DagSync's arguments for settings without a problem. */
export function dagSyncArgs(
    dags: DagsConfig,
    key: pulumi.Input<string>,
    shared: { nodes: MeshNode[]; etcd: EtcdCluster },
): DagSyncArgs {
    const { nodes, etcd } = shared;
    const args = withKey(dags, key);
    return args.kind === "git" ? { ...args, nodes, etcd } : { ...args, nodes };
}

function withKey(dags: DagsConfig, privateKey: pulumi.Input<string>) {
    switch (dags.kind) {
        case "csync2":
            return { ...dags, path: dags.path ?? defaultFolder };
        case "shared":
            return dags;
        case "git": {
            const { upstream, ...rest } = dags;
            const opened = privateKey === "" ? {} : { privateKey };
            const whole = typeof upstream === "object" ? { ...upstream, ...opened } : upstream;
            return { ...rest, ...(whole === undefined ? {} : { upstream: whole }) };
        }
        default:
            return dags satisfies never;
    }
}
