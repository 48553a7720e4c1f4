import * as pulumi from "@pulumi/pulumi";
import type { MeshNode } from "../node";
import { fingerprint } from "./file";

/**
 * For a script: `address=text` of each node, separated by spaces; the text is another one when the machine was made
 * anew. What tells machines apart may be any text itself, such as a host key.
 */
export function instancesOf(nodes: MeshNode[]): pulumi.Output<string> {
    const instances = nodes.map(({ meshAddress, instance }) =>
        fingerprint([instance]).apply((digest) => `${meshAddress}=${digest.slice(0, 16)}`),
    );
    return pulumi.all(instances).apply((all) => all.join(" "));
}
