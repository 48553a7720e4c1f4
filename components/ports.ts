/**
 * Every TCP or UDP port that the system listens on, in one place. Only `ssh`, `https` and `wireguard` are open to
 * the world (components/machines/exposure.ts); all others bind to the mesh address or to loopback.
 */
export const ports = {
    /** TCP, open to adminCidrs. */
    ssh: 22,
    /** The web UI over HTTPS, open to webCidrs; the default, which arguments may change. */
    https: 443,
    /** UDP; the default, which arguments may change. */
    wireguard: 51820,
    /** etcd's API. */
    etcdClient: 2379,
    /** Between the members of etcd. */
    etcdPeer: 2380,
    /** PostgreSQL itself, primary or replica. */
    postgres: 5432,
    /** Patroni's REST API. */
    patroni: 8008,
    /** HAProxy on loopback: to PostgreSQL's primary. */
    postgresPrimary: 5000,
    /** HAProxy on loopback: to its replicas. */
    postgresReplicas: 5001,
    /** Erlang's port mapper, by which RabbitMQ's nodes find each other. */
    epmd: 4369,
    /** RabbitMQ for its clients. */
    amqp: 5672,
    /** RabbitMQ's management UI. */
    rabbitManagement: 15672,
    /** Between the nodes of RabbitMQ. */
    rabbitDistribution: 25672,
    /** The node's own API server. */
    airflowApi: 8080,
    /** HAProxy on loopback: to every node's API server, for workers. */
    airflowApiLocal: 8081,
    /** HAProxy on the address in Hetzner's private network, when there is a load balancer: for that one only. */
    loadBalancer: 8082,
    /** Logs of the worker's and the triggerer's tasks. */
    airflowLogs: 8793,
    /** Where the other nodes' copies of task logs arrive. */
    airflowLogCopies: 8794,
    /** Flower's UI. */
    flower: 5555,
    /** csync2, which takes files from its peers. */
    csync2: 30865,
    /** dag-sync, which takes most of them before csync2 is needed. */
    dagSync: 30864,
} as const;
