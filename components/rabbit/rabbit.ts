import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Login } from "../login";
import type { MeshNode } from "../node";
import { ports } from "../ports";
import { refuse } from "../problems";
import { recoveryCommand } from "../recovery";
import { RemoteFile, RemoteScript } from "../remote";
import {
    brokerConfig,
    brokerEnvironment,
    definitions,
    definitionsPath,
    epmdSocket,
    nodeName,
} from "./render";
import { defaultConsumerTimeout, managementUser, rabbitProblems } from "./validate";

/** Who the members are, and what is on them. */
export interface RabbitClusterArgs {
    /** The members: 3, 5 or 7 nodes. */
    nodes: MeshNode[];
    /**
     * Virtual hosts, at least one, each with a user of its own that has the same name: 1 to 63 lower-case letters,
     * digits, hyphens and underscores, not "admin" or "guest". One that is taken away here is not deleted.
     */
    vhosts: string[];
    /**
     * Hours after which a message that a worker has neither finished nor refused is given to another one. It has to be
     * far above the longest task. 1 to 1000. @default 168
     */
    consumerTimeout?: number;
}

/** What a client of one virtual host needs. */
export interface Broker {
    /** The virtual host's name. */
    vhost: string;
    /** Its user, who may do all in it and nothing elsewhere. */
    user: string;
    /** Secret; letters and digits only, so that it can stand in a URL as it is. */
    password: pulumi.Output<string>;
    /** TCP port of AMQP, on the mesh address of each host. */
    port: number;
    /** Any of them serves; the client's own node comes first in its list. */
    hosts: Pick<MeshNode, "name" | "meshAddress">[];
    /** Whoever uses the broker depends on this: then the cluster serves, with the virtual host in it. */
    component: pulumi.Resource;
}

/**
 * A RabbitMQ node on every machine, in one cluster, reached through the mesh only. The nodes start side by side; a
 * changed setting is applied to one node after the other, changed users and virtual hosts to the running cluster. The
 * command `recover-rabbitmq` on each node has it go on alone when a majority is gone for good.
 */
export class RabbitCluster extends pulumi.ComponentResource {
    /** The management UI's login (port 15672 in the mesh). */
    readonly management: Login;

    private readonly nodes: MeshNode[];
    /** By virtual host, which is also the user's name. */
    private readonly passwords: Map<string, pulumi.Output<string>>;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: RabbitClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:RabbitCluster", name, {}, opts);
        refuse(this, name, rabbitProblems(args));
        const { nodes, vhosts, consumerTimeout = defaultConsumerTimeout } = args;
        this.nodes = nodes;

        const cookie = this.createPassword(`${name}-cookie`);
        const passwordFor = (user: string) => this.createPassword(`${name}-${user}-password`);
        this.management = { user: managementUser, password: passwordFor(managementUser) };
        this.passwords = new Map(vhosts.map((vhost) => [vhost, passwordFor(vhost)]));
        const content = this.definitions();
        const members = nodes.map((node) =>
            this.createMember(`${name}-${node.name}`, node, { cookie, content, consumerTimeout }),
        );
        this.applyInTurn(name, members);

        this.registerOutputs({});
    }

    /** How a client reaches one of `args.vhosts`. @throws Error for any other name. */
    broker(vhost: string): Broker {
        const password = this.passwords.get(vhost);
        if (password === undefined) {
            const known = [...this.passwords.keys()].join(", ");
            throw new Error(`RabbitCluster has no virtual host "${vhost}", but ${known}`);
        }
        return {
            vhost,
            user: vhost,
            password,
            port: ports.amqp,
            hosts: this.nodes.map(({ name, meshAddress }) => ({ name, meshAddress })),
            component: this,
        };
    }

    private createPassword(name: string): pulumi.Output<string> {
        return new random.RandomPassword(name, { length: 32, special: false }, { parent: this })
            .result;
    }

    private definitions(): pulumi.Output<string> {
        const vhosts = [...this.passwords.keys()];
        return pulumi
            .all([this.management.password, pulumi.all([...this.passwords.values()])])
            .apply(([management, passwords]) =>
                definitions(vhosts, [
                    {
                        name: managementUser,
                        password: management,
                        tags: ["administrator"],
                        vhosts,
                    },
                    ...vhosts.map((vhost, at) => ({
                        name: vhost,
                        password: passwords[at],
                        // It may ask who consumes in its own virtual host.
                        tags: ["management"],
                        vhosts: [vhost],
                    })),
                ]),
            );
    }

    private createMember(
        name: string,
        node: MeshNode,
        shared: {
            cookie: pulumi.Output<string>;
            content: pulumi.Output<string>;
            consumerTimeout: number;
        },
    ): Member {
        const install = new RemoteScript(
            `${name}-install`,
            { machine: node, script: "rabbitmq-install.sh" },
            { parent: this },
        );
        const file = (
            suffix: string,
            path: string,
            content: pulumi.Input<string>,
            rest: { mode?: string; owner?: string } = {},
        ) =>
            new RemoteFile(
                `${name}-${suffix}`,
                { machine: node, path, content, ...rest },
                { parent: this, dependsOn: install },
            );
        const owned = { mode: "0400", owner: "rabbitmq:rabbitmq" };
        const readable = { mode: "0640", owner: "root:rabbitmq" };
        const settings = [
            file("cookie", "/var/lib/rabbitmq/.erlang.cookie", shared.cookie, owned),
            file(
                "config",
                "/etc/rabbitmq/rabbitmq.conf",
                brokerConfig(node, this.nodes, shared.consumerTimeout),
            ),
            file("environment", "/etc/rabbitmq/rabbitmq-env.conf", brokerEnvironment(node)),
            file("epmd", "/etc/systemd/system/epmd.socket.d/airflow-ha.conf", epmdSocket(node)),
        ];
        const definitions = file("definitions", definitionsPath, shared.content, readable);
        const start = new RemoteScript(
            `${name}-start`,
            {
                machine: node,
                script: "rabbitmq-start.sh",
                variables: {
                    MEMBER: nodeName(node),
                    MEMBERS: this.nodes.map(nodeName).join(" "),
                },
                files: [...settings, definitions],
            },
            { parent: this },
        );
        recoveryCommand(name, "rabbitmq", { node, nodes: this.nodes }, { parent: this });
        return { name, node, settings, definitions, start };
    }

    /** What a running cluster takes over: settings node after node, definitions once for all. */
    private applyInTurn(name: string, members: Member[]): void {
        let last: pulumi.Resource[] = members.map((member) => member.start);
        for (const { name, node, settings } of members) {
            const apply = new RemoteScript(
                `${name}-apply`,
                {
                    machine: node,
                    script: "rabbitmq-apply.sh",
                    variables: { MEMBERS: String(members.length) },
                    files: settings,
                },
                { parent: this, dependsOn: last },
            );
            last = [apply];
        }
        const [{ node, definitions }] = members;
        new RemoteScript(
            `${name}-configure`,
            {
                machine: node,
                script: "rabbitmq-configure.sh",
                variables: { DEFINITIONS: definitionsPath },
                files: [definitions],
            },
            { parent: this, dependsOn: last },
        );
    }
}

interface Member {
    name: string;
    node: MeshNode;
    settings: RemoteFile[];
    definitions: RemoteFile;
    start: RemoteScript;
}
