import { createHash } from "node:crypto";
import type { Node } from "./render";

/** The plain values behind secrets.env and flower.env. */
export interface Keys {
    fernetKey: string;
    jwtSecret: string;
    apiSecretKey: string;
    flowerPassword: string;
    databasePassword: string;
    brokerPassword: string;
}

export interface Backends {
    database: { name: string; user: string; host: string; port: number };
    broker: { vhost: string; user: string; port: number; hosts: Node[] };
}

export const flowerUser = "admin";

/** A Fernet key is 32 bytes in URL-safe base64: the SHA-256 of a random password that has as much entropy. */
export function fernetKeyFrom(random: string): string {
    return createHash("sha256")
        .update(random)
        .digest("base64")
        .replaceAll("+", "-")
        .replaceAll("/", "_");
}

/** Secret. The environment of Airflow's own units, for systemd and the shell. */
export function secretsEnvironment(node: Node, backends: Backends, keys: Keys): string {
    const { name, user, host, port } = backends.database;
    const own = { ...backends.broker, hosts: [] };
    const brokers = brokerUrl(node, backends.broker, keys.brokerPassword);
    const at = `${user}:${keys.databasePassword}@${host}:${port}/${name}`;
    return variables({
        AIRFLOW__CORE__FERNET_KEY: keys.fernetKey,
        AIRFLOW__API_AUTH__JWT_SECRET: keys.jwtSecret,
        AIRFLOW__API__SECRET_KEY: keys.apiSecretKey,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg://${at}?${libpqOptions}`,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC: `postgresql+asyncpg://${at}`,
        AIRFLOW__CELERY__RESULT_BACKEND: `db+postgresql+psycopg://${at}?${libpqOptions}`,
        // What Celery sets up for delayed tasks, which Airflow has none of, it sets up with each broker of this list, and
        // waits 40 s for a dead one. What it reads from and writes to is the others.
        AIRFLOW__CELERY__BROKER_URL: brokerUrl(node, own, keys.brokerPassword),
        CELERY_BROKER_READ_URL: brokers,
        CELERY_BROKER_WRITE_URL: brokers,
    });
}

/** Secret. Flower's environment: it knows the broker, and nothing else. */
export function flowerEnvironment(node: Node, broker: Backends["broker"], keys: Keys): string {
    return variables({
        CELERY_BROKER_URL: brokerUrl(node, broker, keys.brokerPassword),
        FLOWER_BASIC_AUTH: `${flowerUser}:${keys.flowerPassword}`,
    });
}

/** Seconds, and milliseconds for the last: a connection that is cut without a word is given up within half a minute. */
const libpqOptions =
    "connect_timeout=10&keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=25000";

/** The node's own broker first; Celery goes on to the next one when it is gone. */
export function brokerUrl(node: Node, broker: Backends["broker"], password: string): string {
    const others = broker.hosts.filter((host) => host.meshAddress !== node.meshAddress);
    return [node, ...others]
        .map(
            ({ meshAddress }) =>
                `amqp://${broker.user}:${password}@${meshAddress}:${broker.port}/${broker.vhost}`,
        )
        .join(";");
}

/** Quoted in a way that a shell and systemd's EnvironmentFile read alike. */
function variables(values: Record<string, string>): string {
    return Object.entries(values)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join("");
}
