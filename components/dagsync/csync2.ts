import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { MeshNode } from "../node";
import { instancesOf, programFiles, RemoteFile, RemoteScript, stopCommand } from "../remote";
import type { Csync2Args } from "./args";
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

const programs = {
    folder: runnerFolder,
    prefix: "dagsync_",
    parts: [
        "backup",
        "batch",
        "changes",
        "cut",
        "leases",
        "notes",
        "pair",
        "peer",
        "recovery",
        "run",
        "take",
    ],
    shared: ["systemd_notify.py"],
};

/** The children of a DagSync of kind csync2: one key, and on each node a receiving and a sending side. */
export class Csync2 {
    private readonly name: string;
    private readonly args: Required<Omit<Csync2Args, "kind">>;
    private readonly parent: pulumi.Resource;

    constructor(name: string, args: Csync2Args, parent: pulumi.Resource) {
        this.name = name;
        this.args = { ...args, owner: args.owner ?? "airflow" };
        this.parent = parent;

        const key = new random.RandomPassword(
            `${name}-key`,
            { length: 64, special: false },
            { parent },
        ).result;
        const receivers = args.nodes.map((node) => this.createReceiver(node, key));
        for (const receiver of receivers) {
            this.createSender(receiver, receivers);
        }
    }

    /** csync2 answers on this node. */
    private createReceiver(node: MeshNode, key: pulumi.Output<string>): Receiver {
        const { nodes, path, owner } = this.args;
        const name = `${this.name}-${node.name}`;
        const install = new RemoteScript(
            `${name}-install`,
            {
                machine: node,
                script: "dagsync-install.sh",
                variables: { DAGS: path, OWNER: owner, STATE: statePath },
            },
            { parent: this.parent },
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
                { parent: this.parent, dependsOn: install },
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
            {
                machine: node,
                script: "dagsync-listen.sh",
                files,
                undo: stopCommand("csync2.socket"),
            },
            { parent: this.parent },
        );
        return { name, node, files, listen };
    }

    /** This node sends, once all others answer. */
    private createSender({ name, node, files }: Receiver, receivers: Receiver[]): void {
        const { nodes, path, owner } = this.args;
        const peers = nodes.filter((peer) => peer !== node);
        const unit = new RemoteFile(
            `${name}-unit`,
            {
                machine: node,
                path: "/etc/systemd/system/dag-sync.service",
                content: senderUnit(node, nodes, path, owner),
            },
            { parent: this.parent },
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
                files: [
                    ...files,
                    ...programFiles(name, node, programs, { parent: this.parent }),
                    unit,
                ],
                undo: stopCommand("dag-sync"),
            },
            { parent: this.parent, dependsOn: receivers.map((receiver) => receiver.listen) },
        );
    }
}

interface Receiver {
    name: string;
    node: MeshNode;
    files: RemoteFile[];
    listen: RemoteScript;
}
