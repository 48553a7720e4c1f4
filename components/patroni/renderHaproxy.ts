import { ports } from "../ports";
import type { Failover } from "./failover";
import { at, type Node } from "./render";

/** HAProxy's sections: to the primary, and to the replicas that stream. */
export function haproxySections(nodes: Node[], checks: Failover["checks"]): string {
    const { inter, fastinter, rise, fall } = checks;
    const primaryChecks = `inter ${inter}ms fastinter ${fastinter}ms rise ${rise} fall ${fall}`;
    return [
        proxySection("postgres-primary", ports.postgresPrimary, "/primary", primaryChecks, nodes),
        proxySection("postgres-replicas", ports.postgresReplicas, "/replica", replicaChecks, nodes),
    ].join("\n");
}

const replicaChecks = "inter 1s fastinter 500ms rise 2 fall 2";

function proxySection(
    name: string,
    port: number,
    path: string,
    checks: string,
    nodes: Node[],
): string {
    const servers = nodes.map((node) => `    server ${node.name} ${at(node, ports.postgres)}`);
    return `listen ${name}
    bind 127.0.0.1:${port}
    mode tcp
    maxconn 1000
    timeout connect 3s
    timeout check 2s
    # Pooled connections may be idle for long; dead ones are found by keepalives, and by the checks.
    timeout client 24h
    timeout server 24h
    option clitcpka
    option srvtcpka
    srvtcpka-idle 30s
    srvtcpka-intvl 5s
    srvtcpka-cnt 3
    # Patroni answers 200 where the path's role is, 503 elsewhere.
    option httpchk OPTIONS ${path}
    http-check expect status 200
    default-server check port ${ports.patroni} ${checks} on-marked-down shutdown-sessions
${servers.join("\n")}
`;
}
