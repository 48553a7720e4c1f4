import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { after } from "../after";
import type { Machine, MeshNode } from "../node";
import { ports } from "../ports";
import { refuse } from "../problems";
import { RemoteFile, RemoteScript } from "../remote";
import { presharedKeyFrom, privateKeyFrom, publicKeyOf } from "./keys";
import {
    meshInterface,
    presharedKeyPath,
    privateKeyPath,
    renderHosts,
    renderWireguard,
} from "./render";
import { meshAddress, memberProblems, meshProblems } from "./validate";

/** Who is in the mesh, and under which addresses. */
export interface WireGuardMeshArgs {
    /** Two machines or more, each with a name of its own. Append only: a machine's place in the list gives its address in the mesh. */
    machines: Machine[];
    /**
     * IPv4 network (CIDR) of the mesh; it must be free in every machine's surroundings. Fixed once the mesh is made.
     * @default "10.90.0.0/24"
     */
    meshCidr?: string;
    /** UDP port on every machine, 1024 to 65535 and none of `ports` but `wireguard`. @default 51820 */
    wireguardPort?: number;
}

export const defaultMeshCidr = "10.90.0.0/24";

/**
 * A WireGuard tunnel between each pair of machines, with a preshared key of its own, and the machines' names in
 * /etc/hosts. A change of peers leaves the other tunnels up.
 */
export class WireGuardMesh extends pulumi.ComponentResource {
    /** The machines with their addresses in the mesh; who uses one waits until it reaches all others. */
    readonly nodes: MeshNode[];

    private readonly meshCidr: string;
    private readonly port: number;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: WireGuardMeshArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:WireGuardMesh", name, {}, opts);
        this.meshCidr = args.meshCidr ?? defaultMeshCidr;
        this.port = args.wireguardPort ?? ports.wireguard;
        const plan = {
            count: args.machines.length,
            meshCidr: this.meshCidr,
            wireguardPort: this.port,
        };
        refuse(this, name, [
            ...memberProblems(args.machines.map((machine) => machine.name)),
            ...meshProblems(plan),
        ]);

        const nodes = args.machines.map((machine, index) => ({
            ...machine,
            meshAddress: meshAddress(this.meshCidr, index),
        }));
        const privateKeys = this.createPrivateKeys(name, nodes);
        const presharedKeys = this.createPresharedKeys(name, nodes);
        const checked = nodes.map((node) => this.check(name, node));
        const applied = nodes.map((node) =>
            this.configure(name, node, nodes, privateKeys, presharedKeys, checked),
        );
        this.nodes = nodes.map((node) => ({
            ...node,
            connection: after(node.connection, [this.reach(name, node, nodes, applied)]),
        }));
        this.registerOutputs({});
    }

    private createPrivateKeys(name: string, nodes: MeshNode[]): Map<string, pulumi.Output<string>> {
        return new Map(
            nodes.map((node) => [
                node.name,
                this.randomText(`${name}-${node.name}-key`).apply(privateKeyFrom),
            ]),
        );
    }

    /** One key a pair, under the two names in the order of the list. */
    private createPresharedKeys(
        name: string,
        nodes: MeshNode[],
    ): Map<string, pulumi.Output<string>> {
        return new Map(
            nodes.flatMap((one, index) =>
                nodes
                    .slice(index + 1)
                    .map((other) => [
                        pair(one, other),
                        this.randomText(`${name}-${one.name}-${other.name}-psk`).apply(
                            presharedKeyFrom,
                        ),
                    ]),
            ),
        );
    }

    /** Not RandomBytes: its resource's id is the very bytes, which the state holds in plain. */
    private randomText(name: string): pulumi.Output<string> {
        const args = { length: 64, special: false };
        return new random.RandomPassword(name, args, { parent: this }).result;
    }

    /** A machine keeps its address; before one is changed, all of them have agreed. */
    private check(name: string, node: MeshNode): RemoteScript {
        const address = `${node.meshAddress}/${prefixLength(this.meshCidr)}`;
        return new RemoteScript(
            `${name}-${node.name}-check`,
            {
                machine: node,
                script: "wireguard-check.sh",
                variables: { INTERFACE: meshInterface, ADDRESS: address },
            },
            { parent: this },
        );
    }

    private configure(
        name: string,
        node: MeshNode,
        nodes: MeshNode[],
        privateKeys: Map<string, pulumi.Output<string>>,
        presharedKeys: Map<string, pulumi.Output<string>>,
        checked: RemoteScript[],
    ): RemoteScript {
        const child = `${name}-${node.name}`;
        const peers = nodes.filter((peer) => peer !== node);
        const secretFile = (suffix: string, path: string, key: pulumi.Output<string>) =>
            new RemoteFile(
                `${child}-${suffix}`,
                { machine: node, path, mode: "0600", content: pulumi.interpolate`${key}\n` },
                { parent: this, dependsOn: checked },
            );
        const files = [
            secretFile("private-key", privateKeyPath, found(privateKeys, node.name)),
            ...peers.map((peer) =>
                secretFile(
                    `${peer.name}-psk-file`,
                    presharedKeyPath(peer.name),
                    found(
                        presharedKeys,
                        nodes.indexOf(node) < nodes.indexOf(peer)
                            ? pair(node, peer)
                            : pair(peer, node),
                    ),
                ),
            ),
            new RemoteFile(
                `${child}-config`,
                {
                    machine: node,
                    path: `/etc/wireguard/${meshInterface}.conf`,
                    mode: "0600",
                    content: this.config(node, peers, privateKeys),
                },
                { parent: this, dependsOn: checked },
            ),
        ];
        return new RemoteScript(
            `${child}-apply`,
            {
                machine: node,
                script: "wireguard-apply.sh",
                variables: { INTERFACE: meshInterface, HOSTS: renderHosts(nodes) },
                files,
            },
            { parent: this },
        );
    }

    private config(
        node: MeshNode,
        peers: MeshNode[],
        privateKeys: Map<string, pulumi.Output<string>>,
    ): pulumi.Output<string> {
        const details = peers.map((peer) =>
            pulumi
                .all([peer.publicAddress, found(privateKeys, peer.name).apply(publicKeyOf)])
                .apply(([publicAddress, publicKey]) => ({
                    name: peer.name,
                    meshAddress: peer.meshAddress,
                    publicAddress,
                    publicKey,
                })),
        );
        const rendered = pulumi.all(details).apply((peers) =>
            renderWireguard({
                meshAddress: node.meshAddress,
                prefixLength: prefixLength(this.meshCidr),
                port: this.port,
                peers,
            }),
        );
        // Public keys come from private ones and count as secrets until this is said.
        return pulumi.unsecret(rendered);
    }

    private reach(name: string, node: MeshNode, nodes: MeshNode[], applied: RemoteScript[]) {
        const peers = nodes.filter((peer) => peer !== node).map((peer) => peer.meshAddress);
        return new RemoteScript(
            `${name}-${node.name}-reach`,
            { machine: node, script: "wireguard-reach.sh", variables: { PEERS: peers.join(" ") } },
            { parent: this, dependsOn: applied },
        );
    }
}

function prefixLength(cidr: string): number {
    return Number(cidr.split("/")[1]);
}

function pair(one: { name: string }, other: { name: string }): string {
    return `${one.name} ${other.name}`;
}

function found<T>(map: Map<string, T>, key: string): T {
    const value = map.get(key);
    if (value === undefined) {
        throw new Error(`no key for ${key}`);
    }
    return value;
}
