import * as pulumi from "@pulumi/pulumi";
import {
    AirflowNode,
    AirflowSecrets,
    DagSync,
    EtcdCluster,
    ExistingMachines,
    HetznerLoadBalancer,
    HetznerMachines,
    PatroniPostgres,
    RabbitCluster,
    WireGuardMesh,
} from "./components";
import { loadConfig } from "./components/config";
import { dagSyncArgs } from "./components/dagsync/config";
import { describeEndpoints } from "./components/endpoints";

const config = loadConfig();

// Three machines in three data centres, joined by a mesh. From here on nothing knows a public address.
const machines =
    config.machines.length > 0
        ? new ExistingMachines("airflow", config)
        : new HetznerMachines("airflow", config);
const mesh = new WireGuardMesh("mesh", { ...config, machines: machines.machines });

// One name for all machines, if the stack has one. Each of them stays a way in by itself.
const web = config.domain
    ? new HetznerLoadBalancer("web", { ...config, machines: machines.machines })
    : undefined;

// What Airflow stands on: a database that fails over, a broker and the DAGs, each on every node.
const etcd = new EtcdCluster("etcd", { nodes: mesh.nodes });
const postgres = new PatroniPostgres("postgres", {
    nodes: mesh.nodes,
    etcd,
    databases: [{ name: "airflow" }],
    parameters: config.postgresParameters,
    failover: config.failover,
});
const rabbit = new RabbitCluster("rabbit", { nodes: mesh.nodes, vhosts: ["airflow"] });
const dags = new DagSync(
    "dags",
    dagSyncArgs(config.dags, config.dagsUpstreamKey, { nodes: mesh.nodes, etcd }),
);

// Every node runs every part of Airflow; the first one migrates the database, the others wait for that.
const secrets = new AirflowSecrets("airflow", {
    nodes: mesh.nodes,
    certificate: config.certificate,
});
const airflow: AirflowNode[] = [];
for (const node of mesh.nodes) {
    airflow.push(
        new AirflowNode(node.name, {
            node,
            nodes: mesh.nodes,
            database: postgres.database("airflow"),
            broker: rabbit.broker("airflow"),
            dags,
            secrets,
            workerConcurrency: config.workerConcurrency,
            defaultTaskRetries: config.defaultTaskRetries,
            workerStopTimeout: config.workerStopTimeout,
            httpsPort: config.httpsPort,
            entrance: web?.entrance(node.name),
            previous: airflow.at(-1),
        }),
    );
}

export const nodes = mesh.nodes.map(({ name, location, publicAddress, meshAddress, ...login }) => ({
    name,
    location,
    publicAddress,
    meshAddress,
    user: login.user,
    sshPort: login.sshPort,
}));
export const endpoints = describeEndpoints({ ...config, nodes: mesh.nodes, web });
const { user, password } = postgres.database("airflow");
/** Logins, all of them secret: `pulumi stack output credentials --show-secrets`. */
export const credentials = pulumi.secret({
    airflow: secrets.admin,
    flower: secrets.flower,
    rabbitmq: rabbit.management,
    postgres: { user, password },
});
/** PEM of the certificate that the web UI shows. */
export const certificate = secrets.certificate;
/** The key that root logs in with, and what `known_hosts` must hold. */
export const { privateKey, knownHosts } = machines;
