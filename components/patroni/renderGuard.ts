import { ports } from "../ports";
import type { Failover } from "./failover";
import { scope, type Node } from "./render";

/** Where the guard's programs are on the machine. */
export const guardFolder = "/usr/local/lib/airflow-ha/failover";

/** What one node's guard has to know. */
export interface GuardPlan extends Pick<Failover, "suspectAfter" | "ttl"> {
    node: Node;
    nodes: Node[];
    /** etcd's client URLs. */
    etcd: string[];
}

/**
 * Seconds for which a fence outlasts the lease: a primary that was only cut off has stepped down long before. With the lease's
 * 20 or more it also outlasts every claim that it stands: those end PATIENCE (10) after it, a question (3) and a claim's
 * LEASE (5, which begins anew with a new leader of etcd) later.
 */
const margin = 10;

/** The guard's configuration. */
export function guardConfig({ node, nodes, etcd, suspectAfter, ttl }: GuardPlan): string {
    const own = etcd.filter((url) => url.startsWith(`http://${node.meshAddress}:`));
    const others = etcd.filter((url) => !own.includes(url));
    const config = {
        name: node.name,
        scope,
        nodes: Object.fromEntries(nodes.map((each) => [each.name, each.meshAddress])),
        etcd: [...own, ...others],
        ports: { postgres: ports.postgres, patroni: ports.patroni },
        suspectAfter,
        ttl,
        fenceFor: ttl + margin,
    };
    return `${JSON.stringify(config, undefined, 4)}\n`;
}

/** patroni-failover.service. */
export function guardUnit(): string {
    return `[Unit]
Description=Takes the leadership from a PostgreSQL primary whose machine is gone
After=wg-quick@wg0.service etcd.service patroni.service
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/usr/bin/python3 -B ${guardFolder}/failover_guard.py /etc/patroni/failover.json
Restart=always
RestartSec=1
# Seconds. A guard that hangs is started anew; a round takes one or two. Its fence stays.
WatchdogSec=15
OOMScoreAdjust=-500
# It pings, and it writes a table of its own into the packet filter.
DynamicUser=true
AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_INET AF_UNIX AF_NETLINK
RestrictNamespaces=true
LockPersonality=true
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
`;
}
