import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./node";

/**
 * The same connection, but whoever uses it waits for these resources. A URN is known in previews too, so the
 * connection stays known there.
 */
export function after(
    connection: pulumi.Input<Connection>,
    resources: pulumi.Resource[],
): pulumi.Output<Connection> {
    const urns = pulumi.all(resources.map((resource) => resource.urn));
    return pulumi.all([connection, urns]).apply(([plain]) => plain);
}
