/**
 * Every TCP or UDP port that the system listens on, in one place. Only `ssh`, `https` and `wireguard` are open to
 * the world (components/machines/exposure.ts); all others bind to the mesh address or to loopback.
 */
export const ports = {
    ssh: 22,
    https: 443,
    wireguard: 51820,
    etcdClient: 2379,
    etcdPeer: 2380,
    postgres: 5432,
    patroni: 8008,
    /** HAProxy on loopback: to PostgreSQL's primary. */
    postgresPrimary: 5000,
    /** HAProxy on loopback: to its replicas. */
    postgresReplicas: 5001,
    epmd: 4369,
    amqp: 5672,
    rabbitManagement: 15672,
    rabbitDistribution: 25672,
    airflowApi: 8080,
    /** HAProxy on loopback: to every node's API server, for workers. */
    airflowApiLocal: 8081,
    /** Logs of the worker's and the triggerer's tasks. */
    airflowLogs: 8793,
    flower: 5555,
    csync2: 30865,
} as const;
