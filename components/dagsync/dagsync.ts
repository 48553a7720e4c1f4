import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MeshNode } from "../node";
import { refuse } from "../problems";
import { instancesOf, RemoteFile, RemoteScript } from "../remote";
import {
    configPath,
    csync2Config,
    csync2Socket,
    keyPath,
    receiverUnit,
    runnerFolder,
    senderUnit,
    statePath,
} from "./render";
import { dagSyncProblems } from "./validate";

/** Which folder is the same where, and whose it is. */
export interface DagSyncArgs {
    /** Two nodes or more; each sends to all others. */
    nodes: MeshNode[];
    /**
     * The folder's absolute path, the same on every node; it is made. Two folders deep or more; letters, digits, dots,
     * hyphens and underscores.
     */
    path: string;
    /** System user and group that the folder belongs to; made where it is missing. @default "airflow" */
    owner?: string;
}

/**
 * One folder on every node, kept equal by csync2: what is saved, changed or deleted on one node is sent to all others
 * at once, and to one that is off when it is back. When two nodes change the same file, the one saved last wins, and
 * the other version is kept in /var/lib/csync2/backup.
 */
export class DagSync extends pulumi.ComponentResource {
    /** The folder's absolute path. */
    readonly path: string;
    /** Names of the nodes that have it. */
    readonly nodes: string[];

    private readonly args: Required<DagSyncArgs>;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: DagSyncArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:DagSync", name, {}, opts);
        refuse(this, name, dagSyncProblems(args));
        this.args = { ...args, owner: args.owner ?? "airflow" };
        this.path = args.path;
        this.nodes = args.nodes.map((node) => node.name);

        const key = new random.RandomPassword(
            `${name}-key`,
            { length: 64, special: false },
            { parent: this },
        ).result;
        const receivers = args.nodes.map((node) => this.createReceiver(name, node, key));
        for (const receiver of receivers) {
            this.createSender(receiver, receivers);
        }
        this.registerOutputs({ path: this.path });
    }

    /** csync2 answers on this node. */
    private createReceiver(prefix: string, node: MeshNode, key: pulumi.Output<string>): Receiver {
        const { nodes, path, owner } = this.args;
        const name = `${prefix}-${node.name}`;
        const install = new RemoteScript(
            `${name}-install`,
            {
                machine: node,
                script: "dagsync-install.sh",
                variables: { DAGS: path, OWNER: owner, STATE: statePath },
            },
            { parent: this },
        );
        const file = (
            suffix: string,
            at: string,
            content: pulumi.Input<string>,
            rest: { mode?: string; owner?: string } = {},
        ) =>
            new RemoteFile(
                `${name}-${suffix}`,
                { machine: node, path: at, content, ...rest },
                { parent: this, dependsOn: install },
            );
        const units = "/etc/systemd/system";
        const files = [
            file("secret", keyPath, pulumi.interpolate`${key}\n`, {
                mode: "0640",
                owner: `root:${owner}`,
            }),
            ...nodes
                .filter((peer) => peer !== node)
                .map((peer) =>
                    file(
                        `${peer.name}-config`,
                        `${configPath}/${peer.meshAddress}/csync2.cfg`,
                        csync2Config(
                            nodes.filter((each) => each === node || each === peer),
                            path,
                        ),
                    ),
                ),
            file("socket", `${units}/csync2.socket.d/airflow-ha.conf`, csync2Socket(node)),
            file(
                "receiver",
                `${units}/csync2@.service.d/airflow-ha.conf`,
                receiverUnit(path, owner),
            ),
        ];
        const listen = new RemoteScript(
            `${name}-listen`,
            { machine: node, script: "dagsync-listen.sh", files },
            { parent: this },
        );
        return { name, node, files, listen };
    }

    /** This node sends, once all others answer. */
    private createSender({ name, node, files }: Receiver, receivers: Receiver[]): void {
        const { nodes, path, owner } = this.args;
        const peers = nodes.filter((peer) => peer !== node);
        const programs = ["changes", "peer", "run"].map(
            (part) =>
                new RemoteFile(
                    `${name}-${part}`,
                    {
                        machine: node,
                        path: `${runnerFolder}/dagsync_${part}.py`,
                        content: program(part),
                    },
                    { parent: this },
                ),
        );
        const unit = new RemoteFile(
            `${name}-unit`,
            {
                machine: node,
                path: "/etc/systemd/system/dag-sync.service",
                content: senderUnit(node, nodes, path, owner),
            },
            { parent: this },
        );
        new RemoteScript(
            `${name}-start`,
            {
                machine: node,
                script: "dagsync-start.sh",
                variables: {
                    OWNER: owner,
                    STATE: statePath,
                    MACHINES: instancesOf(peers),
                },
                files: [...files, ...programs, unit],
            },
            { parent: this, dependsOn: receivers.map((receiver) => receiver.listen) },
        );
    }
}

interface Receiver {
    name: string;
    node: MeshNode;
    files: RemoteFile[];
    listen: RemoteScript;
}

function program(part: string): string {
    return readFileSync(join(__dirname, "..", "..", "scripts", `dagsync_${part}.py`), "utf8");
}
