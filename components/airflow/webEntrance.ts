import * as pulumi from "@pulumi/pulumi";
import { haproxyPart } from "../haproxy/haproxy";
import type { Entrance, MeshNode } from "../node";
import { RemoteFile } from "../remote";
import type { AirflowSecrets } from "./airflowSecrets";
import { balancerSection, certificatePath, haproxySections } from "./renderHaproxy";

export interface WebEntranceArgs {
    node: MeshNode;
    nodes: MeshNode[];
    httpsPort: number;
    secrets: AirflowSecrets;
    /** For a load balancer, when there is one. */
    entrance?: Entrance;
}

/** HTTPS for people, plain HTTP for a load balancer and loopback for workers, to the API servers of all nodes. */
export function createWebEntrance(
    name: string,
    { node, nodes, httpsPort, secrets, entrance }: WebEntranceArgs,
    parent: pulumi.Resource,
): void {
    const certificate = new RemoteFile(
        `${name}-certificate`,
        {
            machine: node,
            path: certificatePath,
            // Whoever sets a value from a file may lose its last line's end.
            content: pulumi
                .all([secrets.certificate, secrets.certificateKey])
                .apply((parts) => parts.map((part) => `${part.trim()}\n`).join("")),
            mode: "0600",
        },
        { parent },
    );
    const content = [
        haproxySections(nodes, httpsPort),
        ...(entrance ? [balancerSection(node, entrance)] : []),
    ].join("\n");
    const part = { machine: node, part: "airflow", content, files: [certificate] };
    haproxyPart(name, part, { parent });
}
