import type * as AirflowHa from "../../components";
import { hostKey, sshKey, userKey } from "./sshKey.ts";

/**
 * One of every component, as index.ts wires them, made of the components that are given: the sources or the package.
 * Machines have the same names in every call, so only `name` tells two calls' resources apart.
 */
export function everything(ha: typeof AirflowHa, name: string): void {
    const { machines } = new ha.HetznerMachines(name, {
        locations: ["nbg1", "fsn1", "hel1"],
        namePrefix: "node",
        serverType: "cx33",
        adminCidrs: ["203.0.113.0/24"],
        privateCidr: "10.91.0.0/24",
    });
    new ha.ExistingMachines(`${name}-existing`, {
        machines: [{ name: "own", address: "203.0.113.8", hostKey }],
        privateKey: sshKey,
        adminCidrs: ["203.0.113.0/24"],
    });
    const web = new ha.HetznerLoadBalancer(`${name}-web`, {
        machines,
        domain: "airflow.example.com",
        dnsZone: "example.com",
    });
    const { nodes } = new ha.WireGuardMesh(`${name}-mesh`, { machines });
    const etcd = new ha.EtcdCluster(`${name}-etcd`, { nodes });
    const databases = [{ name: "airflow" }, { name: "other" }];
    const postgres = new ha.PatroniPostgres(`${name}-postgres`, { nodes, etcd, databases });
    const rabbit = new ha.RabbitCluster(`${name}-rabbit`, { nodes, vhosts: ["airflow", "other"] });
    const dags = new ha.DagSync(`${name}-dags`, { nodes, path: "/srv/airflow/dags" });
    // The other kinds, which never are on the same nodes for Airflow.
    const repository = { nodes, etcd, authorizedKeys: [userKey] };
    new ha.DagSync(`${name}-repository`, { kind: "git", ...repository });
    new ha.DagSync(`${name}-volume`, { kind: "shared", nodes, path: "/mnt/volume/dags" });
    const secrets = new ha.AirflowSecrets(`${name}-secrets`, { nodes });
    const shared = { nodes, database: postgres.database("airflow"), dags, secrets };
    for (const node of nodes) {
        const broker = rabbit.broker("airflow");
        new ha.AirflowNode(`${name}-${node.name}`, {
            ...shared,
            node,
            broker,
            entrance: web.entrance(node.name),
        });
    }
}
