import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { EtcdCluster } from "../etcd";
import { haproxyPart } from "../haproxy/haproxy";
import type { MeshNode } from "../node";
import { ports } from "../ports";
import { refuse } from "../problems";
import { recoveryCommand } from "../recovery";
import { RemoteFile, RemoteScript, type RemoteFileArgs } from "../remote";
import { versions } from "../versions";
import type { Database, DatabaseArgs } from "./database";
import { claimEtcd, etcdProblems, failoverIn } from "./beneath";
import { outageOf, type FailoverArgs } from "./failover";
import { createGuard } from "./guard";
import { defaultParameters } from "./parameters";
import {
    clusterConfig,
    configFolder,
    nodeConfig,
    restApis,
    secretsConfig,
    superuserPgpass,
    type OwnedDatabase,
} from "./render";
import { haproxySections } from "./renderHaproxy";
import { databasesOf, postgresProblems } from "./validate";

/** Where PostgreSQL runs, what is in it, and how soon a lost primary is replaced. */
export interface PatroniPostgresArgs {
    /** Where PostgreSQL runs: one primary, the others stream from it; from 2 nodes. */
    nodes: MeshNode[];
    /** Where Patroni keeps who the primary is: of one PatroniPostgres only. */
    etcd: EtcdCluster;
    /** The databases to be made. One that is taken away here is not deleted. */
    databases: DatabaseArgs[];
    /**
     * PostgreSQL's parameters by name, over this component's defaults (300 connections, 256 MB of shared buffers);
     * those that Patroni decides, or that would lose commits, are refused. A changed one is reloaded, or, where
     * PostgreSQL asks for it, put into effect by restarts: replicas first, one node after the other.
     */
    parameters?: Record<string, string>;
    /** How soon a lost primary is replaced. */
    failover?: FailoverArgs;
}

/** What is made on one node. */
interface Member {
    cluster: RemoteFile;
    start: RemoteScript;
    proxy: RemoteScript;
}

/**
 * PostgreSQL on every node under Patroni: one primary, synchronous to at least one replica, and on each node an
 * HAProxy that leads 127.0.0.1:5000 to the primary and 127.0.0.1:5001 to the replicas. The command `recover-postgres`
 * on each node makes it the primary when the others are gone for good.
 */
export class PatroniPostgres extends pulumi.ComponentResource {
    private readonly databases = new Map<string, Database>();
    /** What clients are told besides: how long it may be away, in seconds, and on which nodes it is reached. */
    private readonly reach: Pick<Database, "outage" | "nodes">;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: PatroniPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:PatroniPostgres", name, {}, opts);
        refuse(this, name, [...postgresProblems(args), ...etcdProblems(args)]);
        claimEtcd(args.etcd, name);
        this.reach = {
            outage: outageOf(failoverIn(args)),
            nodes: args.nodes.map((node) => node.name),
        };

        const passwords = {
            superuser: this.createPassword(`${name}-superuser-password`),
            replication: this.createPassword(`${name}-replication-password`),
            rewind: this.createPassword(`${name}-rewind-password`),
            restapi: this.createPassword(`${name}-restapi-password`),
        };
        const secrets = pulumi.output(passwords).apply(secretsConfig);
        const members = args.nodes.map((node) =>
            this.createMember(`${name}-${node.name}`, node, args, secrets),
        );
        const pgpass = this.createPgpass(`${name}-pgpass`, args.nodes[0], passwords.superuser);
        const settings = this.createSettings(`${name}-settings`, args.nodes, members);
        for (const database of databasesOf(args)) {
            this.createDatabase(name, args.nodes[0], database, pgpass, [
                settings,
                members[0].proxy,
            ]);
        }

        this.registerOutputs({});
    }

    /** One of `args.databases`. @throws Error for any other name. */
    database(name: string): Database {
        const database = this.databases.get(name);
        if (!database) {
            const known = [...this.databases.keys()].join(", ");
            throw new Error(`PatroniPostgres has no database "${name}", only ${known || "none"}`);
        }
        return database;
    }

    private createMember(
        name: string,
        node: MeshNode,
        args: PatroniPostgresArgs,
        secrets: pulumi.Output<string>,
    ): Member {
        const child = { parent: this };
        const install = new RemoteScript(
            `${name}-install`,
            {
                machine: node,
                script: "postgres-install.sh",
                variables: { POSTGRES_VERSION: versions.postgres },
            },
            child,
        );
        const file = (
            what: string,
            content: pulumi.Input<string>,
            access: Pick<RemoteFileArgs, "mode" | "owner"> = {},
        ) =>
            new RemoteFile(
                `${name}-${what}`,
                { machine: node, path: `${configFolder}/${what}.yml`, content, ...access },
                { ...child, dependsOn: install },
            );
        const parameters = { ...defaultParameters, ...args.parameters };
        const failover = failoverIn(args);
        const cluster = file(
            "cluster",
            clusterConfig(args.nodes, failover, databasesOf(args), parameters),
        );
        const files = [
            file("node", nodeConfig(node, args.etcd.hosts)),
            file("secrets", secrets, { mode: "0640", owner: "root:postgres" }),
        ];
        const start = new RemoteScript(
            `${name}-start`,
            {
                machine: node,
                script: "patroni-start.sh",
                variables: { MEMBER: node.name },
                files,
            },
            { ...child, dependsOn: [install, cluster, args.etcd] },
        );
        const content = haproxySections(args.nodes, failover.checks);
        const proxy = haproxyPart(name, { machine: node, part: "postgres", content }, child);
        const plan = { node, nodes: args.nodes, etcd: args.etcd.endpoints, ...failover };
        createGuard(name, plan, { ...child, dependsOn: start });
        recoveryCommand(name, "postgres", { ...args, node }, child);
        return { cluster, start, proxy };
    }

    /** From one node for all, when all serve: what is in cluster.yml becomes what is in force. */
    private createSettings(name: string, nodes: MeshNode[], members: Member[]): RemoteScript {
        return new RemoteScript(
            name,
            {
                machine: nodes[0],
                script: "postgres-settings.sh",
                variables: { MEMBERS: restApis(nodes) },
                files: members.map(({ cluster }) => cluster),
            },
            { parent: this, dependsOn: members.map(({ start }) => start) },
        );
    }

    /** The superuser's password as libpq reads it, for the script that makes databases. */
    private createPgpass(
        name: string,
        machine: MeshNode,
        superuser: pulumi.Output<string>,
    ): RemoteFile {
        const content = superuser.apply(superuserPgpass);
        return new RemoteFile(
            name,
            { machine, path: "/etc/patroni/superuser.pgpass", mode: "0600", content },
            { parent: this },
        );
    }

    private createDatabase(
        name: string,
        machine: MeshNode,
        { name: database, owner }: OwnedDatabase,
        pgpass: RemoteFile,
        dependsOn: pulumi.Resource[],
    ): void {
        const password = this.createPassword(`${name}-${database}-password`);
        const file = new RemoteFile(
            `${name}-${database}-password-file`,
            {
                machine,
                path: `/etc/patroni/${database}.password`,
                mode: "0600",
                content: password,
            },
            { parent: this },
        );
        new RemoteScript(
            `${name}-${database}`,
            {
                machine,
                script: "postgres-database.sh",
                variables: {
                    DATABASE: database,
                    OWNER: owner,
                    PASSWORD_FILE: file.path,
                    PGPASSFILE: pgpass.path,
                    PRIMARY_PORT: String(ports.postgresPrimary),
                },
                files: [file, pgpass],
            },
            { parent: this, dependsOn },
        );
        this.databases.set(database, {
            name: database,
            user: owner,
            password,
            host: "127.0.0.1",
            port: ports.postgresPrimary,
            ...this.reach,
            component: this,
        });
    }

    private createPassword(name: string): pulumi.Output<string> {
        const options = { parent: this, additionalSecretOutputs: ["result"] };
        return new random.RandomPassword(name, { length: 32, special: false }, options).result;
    }
}
