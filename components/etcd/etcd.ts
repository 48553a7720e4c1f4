import * as pulumi from "@pulumi/pulumi";
import type { MeshNode } from "../node";
import { ports } from "../ports";
import { refuse } from "../problems";
import { recoveryCommand } from "../recovery";
import { programText, RemoteFile, RemoteScript } from "../remote";
import {
    clientUrl,
    etcdctlWrapper,
    initialCluster,
    memberEnvironment,
    snapshotFolder,
    snapshotTimer,
    snapshotUnit,
    type Timing,
} from "./render";
import { defaultSnapshotsKept, etcdProblems, timingOf } from "./validate";

/** Who the members are, and how soon a lost one is noticed. */
export interface EtcdClusterArgs {
    /** The members: 3, 5 or 7 nodes. Taking a node away is done by hand first (docs/operations). */
    nodes: MeshNode[];
    /**
     * Milliseconds between the leader's heartbeats, from 1; about the longest round trip between the members.
     * @default 100
     */
    heartbeatInterval?: number;
    /**
     * Milliseconds without a heartbeat after which a new leader is elected: at least 5 × heartbeatInterval (10 × is
     * etcd's advice), at most 50000.
     * @default 1000
     */
    electionTimeout?: number;
    /**
     * How many snapshots each member keeps on its own disk; it saves one every hour. 1 to 1000.
     * @default 48
     */
    snapshotsKept?: number;
}

/**
 * An etcd member on every node, reached through the mesh only. The members start side by side, since none is ready
 * before a majority is; a changed setting is applied to one member at a time. A node whose disk is new takes the
 * place of its former member through the others. The command `recover-etcd` on each node has it go on alone when a
 * majority is gone for good.
 */
export class EtcdCluster extends pulumi.ComponentResource {
    /** Client URLs: `http://10.90.0.1:2379`. */
    readonly endpoints: string[];
    /** The same as `address:port`, as Patroni wants them. */
    readonly hosts: string[];

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:EtcdCluster", name, {}, opts);
        const names = args.nodes.map((node) => node.name);
        refuse(this, name, etcdProblems({ ...args, nodes: names }));

        const timing = timingOf(args);
        for (const node of args.nodes) {
            const start = this.createMember(`${name}-${node.name}`, node, args.nodes, timing);
            const kept = args.snapshotsKept ?? defaultSnapshotsKept;
            this.createSnapshots(`${name}-${node.name}`, node, kept, start);
            recoveryCommand(`${name}-${node.name}`, "etcd", { ...args, node }, { parent: this });
        }

        this.endpoints = args.nodes.map(clientUrl);
        this.hosts = args.nodes.map((node) => `${node.meshAddress}:${ports.etcdClient}`);
        this.registerOutputs({ endpoints: this.endpoints });
    }

    private createMember(
        name: string,
        node: MeshNode,
        nodes: MeshNode[],
        timing: Timing,
    ): RemoteScript {
        const child = { parent: this };
        const install = new RemoteScript(
            `${name}-install`,
            { machine: node, script: "etcd-install.sh" },
            child,
        );
        const environment = new RemoteFile(
            `${name}-environment`,
            {
                machine: node,
                path: "/etc/etcd/member.env",
                content: memberEnvironment(node, timing),
            },
            child,
        );
        const etcdctl = new RemoteFile(
            `${name}-etcdctl`,
            {
                machine: node,
                path: "/usr/local/bin/etcdctl",
                mode: "0755",
                content: etcdctlWrapper(nodes),
            },
            child,
        );
        return new RemoteScript(
            `${name}-start`,
            {
                machine: node,
                script: "etcd-start.sh",
                variables: { MEMBER: node.name, INITIAL_CLUSTER: initialCluster(nodes) },
                files: [environment, etcdctl],
            },
            { ...child, dependsOn: install },
        );
    }
    private createSnapshots(
        name: string,
        machine: MeshNode,
        kept: number,
        start: RemoteScript,
    ): void {
        const program = "/usr/local/lib/airflow-ha/etcd-snapshot";
        const variables = {
            ENDPOINT: clientUrl(machine),
            FOLDER: snapshotFolder,
            KEPT: String(kept),
        };
        const file = (what: string, path: string, content: string, mode = "0644") =>
            new RemoteFile(`${name}-${what}`, { machine, path, content, mode }, { parent: this });
        const units = "/etc/systemd/system/etcd-snapshot";
        const files = [
            file("snapshot", program, programText(["etcd-snapshot.sh"], variables), "0755"),
            file("snapshot-unit", `${units}.service`, snapshotUnit(program)),
            file("snapshot-timer", `${units}.timer`, snapshotTimer()),
        ];
        new RemoteScript(
            `${name}-snapshots`,
            { machine, script: "etcd-snapshots.sh", files },
            { parent: this, dependsOn: start },
        );
    }
}
