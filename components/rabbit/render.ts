import { createHash } from "node:crypto";
import type { MeshNode } from "../node";
import { ports } from "../ports";

type Node = Pick<MeshNode, "name" | "meshAddress">;

/** `rabbit@airflow-nbg1`: the host part is a name that every node's /etc/hosts maps to the mesh. */
export function nodeName(node: Pick<MeshNode, "name">): string {
    return `rabbit@${node.name}`;
}

/** rabbitmq.conf of one node; `consumerTimeout` in hours. */
export function brokerConfig(node: Node, nodes: Node[], consumerTimeout: number): string {
    return `# RabbitMQ on ${node.name}. There is no TLS here: the mesh encrypts, and nothing listens outside of it.
listeners.tcp.mesh = ${node.meshAddress}:${ports.amqp}
management.tcp.ip = ${node.meshAddress}
management.tcp.port = ${ports.rabbitManagement}

cluster_formation.peer_discovery_backend = classic_config
${nodes.map((each, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${nodeName(each)}`).join("\n")}
cluster_formation.target_cluster_size_hint = ${nodes.length}

# Virtual hosts, users and permissions. While this is set no user "guest" is made.
definitions.import_backend = local_filesystem
definitions.local.path = ${definitionsPath}
definitions.skip_if_unchanged = true

# A queue that was declared while a node was off, or whose node was made anew, gets its missing member (s: 60).
quorum_queue.continuous_membership_reconciliation.enabled = true
quorum_queue.continuous_membership_reconciliation.target_group_size = ${queueMembers(nodes.length)}
quorum_queue.continuous_membership_reconciliation.interval = 60000
quorum_queue.continuous_membership_reconciliation.trigger_interval = 5000
queue_leader_locator = balanced
default_queue_type = quorum

# A task is acknowledged when it ends: after this time (ms; ${consumerTimeout} h) it would be given to a second worker.
consumer_timeout = ${consumerTimeout * 3_600_000}

# Seconds. A client that has not been heard of for twice as long is given up; clients may ask for less.
heartbeat = 20

# The machine is shared with PostgreSQL and Airflow.
vm_memory_high_watermark.relative = 0.25
disk_free_limit.absolute = 1GB

# To the journal.
log.console = true
log.console.level = info
log.console.use_colors = off
log.file = false
`;
}

export const definitionsPath = "/etc/rabbitmq/definitions.json";

/** More than five members cost more than they give. */
function queueMembers(nodes: number): number {
    return Math.min(nodes, 5);
}

/**
 * Seconds of silence after which a node takes another one for dead, and gives the messages of its consumers to others; a
 * quarter more or less. Erlang's own 60 s are for networks that lose more than a mesh of three machines does.
 */
const netTickTime = 20;

/** rabbitmq-env.conf: the distribution (between nodes, and from rabbitmqctl) is bound to the mesh. */
export function brokerEnvironment(node: Node): string {
    const bound = `-kernel inet_dist_use_interface {${node.meshAddress.replaceAll(".", ",")}}`;
    return `NODENAME=${nodeName(node)}
DIST_PORT=${ports.rabbitDistribution}
SERVER_ADDITIONAL_ERL_ARGS="${bound} -kernel net_ticktime ${netTickTime}"
CTL_ERL_ARGS="${bound}"
`;
}

/** systemd's socket of epmd, which the package binds to every address. */
export function epmdSocket(node: Node): string {
    return `[Socket]
ListenStream=
ListenStream=127.0.0.1:${ports.epmd}
ListenStream=${node.meshAddress}:${ports.epmd}
# Sockets are made before the mesh is up.
FreeBind=true
`;
}

export interface User {
    name: string;
    password: string;
    tags: string[];
    vhosts: string[];
}

/**
 * What RabbitMQ imports: virtual hosts whose queues are quorum queues, users with hashed passwords, permissions. A message
 * that took its consumer with it 20 times is dropped: it would go on to take all others.
 */
export function definitions(vhosts: string[], users: User[]): string {
    const all = { configure: ".*", write: ".*", read: ".*" };
    const content = {
        vhosts: vhosts.map((name) => ({ name, metadata: { default_queue_type: "quorum" } })),
        users: users.map(({ name, password, tags }) => ({
            name,
            password_hash: passwordHash(name, password),
            hashing_algorithm: "rabbit_password_hashing_sha256",
            tags,
        })),
        permissions: users.flatMap(({ name, vhosts: granted }) =>
            granted.map((vhost) => ({ user: name, vhost, ...all })),
        ),
        policies: vhosts.map((vhost) => ({
            vhost,
            name: "delivery-limit",
            pattern: ".*",
            "apply-to": "quorum_queues",
            definition: { "delivery-limit": 20 },
            priority: 0,
        })),
    };
    return `${JSON.stringify(content, undefined, 4)}\n`;
}

/**
 * RabbitMQ's salted SHA-256: base64 of four bytes of salt and the hash. The salt comes from name and password, so
 * that the same password gives the same file.
 */
export function passwordHash(user: string, password: string): string {
    const salt = sha256(Buffer.from(`${user}\0${password}`)).subarray(0, 4);
    const hash = sha256(Buffer.concat([salt, Buffer.from(password)]));
    return Buffer.concat([salt, hash]).toString("base64");
}

function sha256(bytes: Buffer): Buffer {
    return createHash("sha256").update(bytes).digest();
}
