import * as pulumi from "@pulumi/pulumi";
import type { HetznerLoadBalancer } from "./machines/loadBalancer";
import type { MeshNode } from "./node";
import { ports } from "./ports";

export interface EndpointsArgs {
    nodes: MeshNode[];
    /** TCP port of the web UI. */
    httpsPort: number;
    /** The load balancer in front of them, if there is one. */
    web?: HetznerLoadBalancer;
}

/** Where each service is, by service and node: an address, or the command that opens a way to it. */
export type Endpoints = Record<
    "web" | "flower" | "rabbitmq" | "postgres" | "ssh",
    Record<string, pulumi.Output<string>>
> & {
    /** The address for people: all nodes behind one name. */
    domain?: pulumi.Output<string>;
    /** The IPv4 address that it leads to. */
    loadBalancer?: pulumi.Output<string>;
};

/** The stack's endpoints. Only `web` and `ssh` are public; the others are reached through an SSH tunnel. */
export function describeEndpoints({ nodes, httpsPort, web }: EndpointsArgs): Endpoints {
    const port = httpsPort === 443 ? "" : `:${httpsPort}`;
    const tunnel = (node: MeshNode, port: number, host = node.meshAddress) =>
        pulumi.interpolate`ssh -N -L ${port}:${host}:${port} ${login(node)}`;
    return {
        ...(web && { domain: web.url, loadBalancer: web.publicAddress }),
        web: byNode(nodes, (node) => pulumi.interpolate`https://${node.publicAddress}${port}`),
        flower: byNode(nodes, (node) => browse(tunnel(node, ports.flower), ports.flower)),
        rabbitmq: byNode(nodes, (node) =>
            browse(tunnel(node, ports.rabbitManagement), ports.rabbitManagement),
        ),
        // HAProxy on the node's loopback finds the primary, wherever it is.
        postgres: byNode(nodes, (node) => tunnel(node, ports.postgresPrimary, "127.0.0.1")),
        ssh: byNode(nodes, (node) => pulumi.interpolate`ssh ${login(node)}`),
    };
}

/** `ssh`'s arguments for the node. */
function login({ user = "root", sshPort = ports.ssh, publicAddress }: MeshNode) {
    const port = sshPort === ports.ssh ? "" : `-p ${sshPort} `;
    return pulumi.interpolate`${port}${user}@${publicAddress}`;
}

function browse(tunnel: pulumi.Output<string>, port: number): pulumi.Output<string> {
    return pulumi.interpolate`${tunnel}, then http://localhost:${port}`;
}

function byNode<T>(nodes: MeshNode[], of: (node: MeshNode) => T): Record<string, T> {
    return Object.fromEntries(nodes.map((node) => [node.name, of(node)]));
}
