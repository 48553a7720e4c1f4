import { stringify } from "yaml";
import type { MeshNode } from "../node";
import { ports } from "../ports";
import { versions } from "../versions";
import type { Failover } from "./failover";

export type Node = Pick<MeshNode, "name" | "meshAddress">;

/** Seconds; see FailoverArgs. */
export type Lease = Pick<Failover, "ttl" | "loopWait" | "retryTimeout">;

export interface Credentials {
    superuser: string;
    replication: string;
    rewind: string;
    restapi: string;
}

/** A database and the role that owns it. */
export interface OwnedDatabase {
    name: string;
    owner: string;
}

/** The folder whose files Patroni and patronictl read as one configuration. */
export const configFolder = "/etc/patroni/airflow-ha";

/** The cluster's name, for Patroni and in etcd. */
export const scope = "airflow-ha";

/** What differs between the nodes. */
export function nodeConfig(node: Node, etcdHosts: string[]): string {
    const comment = ` Patroni on ${node.name}. What all nodes share is in cluster.yml, passwords are in secrets.yml.`;
    return yaml(comment, {
        scope,
        name: node.name,
        restapi: { listen: at(node, ports.patroni), connect_address: at(node, ports.patroni) },
        etcd3: { hosts: etcdHosts },
        // A watchdog would need a kernel module that cloud machines and containers do not all have.
        watchdog: { mode: "off" },
        postgresql: {
            listen: at(node, ports.postgres),
            connect_address: at(node, ports.postgres),
            data_dir: `/var/lib/postgresql/${versions.postgres}/${scope}`,
            bin_dir: `/usr/lib/postgresql/${versions.postgres}/bin`,
            pgpass: "/run/patroni/pgpass",
            use_unix_socket: true,
            remove_data_directory_on_rewind_failure: true,
            // Otherwise the copy waits for the primary's checkpoint, which takes its time: nine tenths of checkpoint_timeout.
            basebackup: [{ checkpoint: "fast" }],
            parameters: { unix_socket_directories: "/run/postgresql" },
        },
    });
}

/** What all nodes share: Patroni's dynamic configuration, which postgres-settings.sh puts into effect. */
export function clusterConfig(
    nodes: Node[],
    lease: Lease,
    databases: OwnedDatabase[],
    parameters: Record<string, string>,
): string {
    const comment =
        " Patroni reads bootstrap.dcs only when it founds the cluster. Later changes go from this file into etcd\n" +
        " when `pulumi up` runs postgres-settings.sh; `patronictl show-config` prints what is in force.";
    return yaml(comment, {
        bootstrap: {
            dcs: {
                ttl: lease.ttl,
                loop_wait: lease.loopWait,
                retry_timeout: lease.retryTimeout,
                synchronous_mode: "quorum",
                synchronous_node_count: 1,
                failsafe_mode: true,
                primary_start_timeout: 0,
                member_slots_ttl: "7d",
                postgresql: {
                    use_pg_rewind: true,
                    use_slots: true,
                    parameters,
                    pg_hba: hostBasedAuthentication(nodes, databases),
                },
            },
            initdb: ["data-checksums", { encoding: "UTF8" }, { locale: "C.UTF-8" }],
        },
    });
}

/** Only whom the system knows, only from the mesh. Patroni asks even its own PostgreSQL through the mesh address. */
export function hostBasedAuthentication(nodes: Node[], databases: OwnedDatabase[]): string[] {
    const remote = [
        ["replication", "replicator"],
        ["postgres", "rewind"],
        ["all", "postgres"],
        ...databases.map(({ name, owner }) => [name, owner]),
    ];
    return [
        "local all postgres peer",
        ...remote.flatMap(([database, user]) =>
            nodes.map((node) => `host ${database} ${user} ${node.meshAddress}/32 scram-sha-256`),
        ),
    ];
}

/** Secret. */
export function secretsConfig(passwords: Credentials): string {
    return yaml(" Patroni's passwords.", {
        restapi: { authentication: { username: "patroni", password: passwords.restapi } },
        postgresql: {
            authentication: {
                superuser: { username: "postgres", password: passwords.superuser },
                replication: { username: "replicator", password: passwords.replication },
                rewind: { username: "rewind", password: passwords.rewind },
            },
        },
    });
}

/** Secret. The superuser's entry for libpq, on the way through HAProxy to the primary. */
export function superuserPgpass(password: string): string {
    return `127.0.0.1:${ports.postgresPrimary}:*:postgres:${password}\n`;
}

/** Every member's REST API, as postgres-settings.sh takes them: `node1=http://10.90.0.1:8008 …`. */
export function restApis(nodes: Node[]): string {
    return nodes.map((node) => `${node.name}=http://${at(node, ports.patroni)}`).join(" ");
}

/** `address:port` in the mesh. */
export function at(node: Node, port: number): string {
    return `${node.meshAddress}:${port}`;
}

function yaml(comment: string, value: unknown): string {
    const lines = comment.split("\n").map((line) => `#${line}\n`);
    // 1.1 is what Patroni's parser reads: there, an unquoted `on` is a boolean.
    return lines.join("") + stringify(value, { lineWidth: 0, version: "1.1" });
}
