import * as pulumi from "@pulumi/pulumi";
import {
    AirflowNode,
    AirflowSecrets,
    DagSync,
    EtcdCluster,
    type ExistingMachine,
    ExistingMachines,
    PatroniPostgres,
    RabbitCluster,
    WireGuardMesh,
} from "airflow-ha";

const config = new pulumi.Config();
const existing = new ExistingMachines("own", {
    machines: config.requireObject<ExistingMachine[]>("machines"),
    privateKey: config.requireSecret("privateKey"),
    adminCidrs: config.requireObject<string[]>("adminCidrs"),
});
const { nodes } = new WireGuardMesh("mesh", { machines: existing.machines });

const etcd = new EtcdCluster("etcd", { nodes });
const postgres = new PatroniPostgres("postgres", { nodes, etcd, databases: [{ name: "airflow" }] });
const rabbit = new RabbitCluster("rabbit", { nodes, vhosts: ["airflow"] });
const dags = new DagSync("dags", { nodes, path: "/srv/airflow/dags" });
const secrets = new AirflowSecrets("airflow", { nodes });

const airflow: AirflowNode[] = [];
for (const node of nodes) {
    const database = postgres.database("airflow");
    const broker = rabbit.broker("airflow");
    const previous = airflow.at(-1);
    airflow.push(
        new AirflowNode(node.name, { node, nodes, database, broker, dags, secrets, previous }),
    );
}

export const web = nodes.map((node) => pulumi.interpolate`https://${node.publicAddress}`);
export const { certificate, admin } = secrets;
export const { privateKey, knownHosts } = existing;
