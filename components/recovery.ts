import type * as pulumi from "@pulumi/pulumi";
import type { MeshNode } from "./node";
import { programText, RemoteFile } from "./remote";

/** What is recovered, which is the end of the command's name: `recover-etcd`. */
export type Recovered = "etcd" | "postgres" | "rabbitmq";

/**
 * The command with which an operator has one node go on alone when a majority of the machines is gone for good
 * (docs/operations.md). It stands on every node and does nothing by itself.
 */
export function recoveryCommand(
    name: string,
    what: Recovered,
    { node, nodes }: { node: MeshNode; nodes: MeshNode[] },
    opts: pulumi.CustomResourceOptions,
): RemoteFile {
    return new RemoteFile(
        `${name}-recovery`,
        {
            machine: node,
            path: `/usr/local/sbin/recover-${what}`,
            mode: "0755",
            content: recoveryText(what, node, nodes),
        },
        opts,
    );
}

type Node = Pick<MeshNode, "name" | "meshAddress">;

/** Each command knows its own node and whom it must not find alive. */
export function recoveryText(what: Recovered, node: Node, nodes: Node[]): string {
    const others = nodes.filter(({ name }) => name !== node.name);
    return programText(["recovery.sh", `${what}-recover.sh`], {
        NODE: node.name,
        ADDRESS: node.meshAddress,
        OTHERS: others.map(({ name, meshAddress }) => `${name}=${meshAddress}`).join(" "),
    });
}
