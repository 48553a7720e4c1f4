import type { MeshNode } from "../node";
import { ports } from "../ports";

/** What etcd is told of time, in milliseconds. */
export interface Timing {
    heartbeatInterval: number;
    electionTimeout: number;
}

/**
 * The member's environment file. Who its fellow members are is not in here: that is asked of the running cluster
 * when the member is started (scripts/etcd-start.sh).
 */
export function memberEnvironment(
    node: Pick<MeshNode, "name" | "meshAddress">,
    timing: Timing,
): string {
    const client = clientUrl(node);
    const peer = peerUrl(node);
    return `# etcd member ${node.name}. There is no TLS here: the mesh encrypts, and nothing listens outside of it.
ETCD_NAME=${node.name}
ETCD_DATA_DIR=/var/lib/etcd/default
ETCD_LISTEN_CLIENT_URLS=${client}
ETCD_ADVERTISE_CLIENT_URLS=${client}
ETCD_LISTEN_PEER_URLS=${peer}
ETCD_INITIAL_ADVERTISE_PEER_URLS=${peer}
# Milliseconds. An election begins when no heartbeat of the leader came for that long.
ETCD_HEARTBEAT_INTERVAL=${timing.heartbeatInterval}
ETCD_ELECTION_TIMEOUT=${timing.electionTimeout}
# Patroni writes a few small keys over and over: history is dropped after an hour, so 2 GiB is never reached.
ETCD_AUTO_COMPACTION_MODE=periodic
ETCD_AUTO_COMPACTION_RETENTION=1h
ETCD_QUOTA_BACKEND_BYTES=2147483648
ETCD_LOG_LEVEL=warn
`;
}

/** An etcdctl that asks every member unless ETCDCTL_ENDPOINTS or --endpoints says otherwise. */
export function etcdctlWrapper(nodes: Pick<MeshNode, "meshAddress">[]): string {
    return `#!/bin/sh
# etcd listens on the mesh only, not on the loopback address that etcdctl asks by default.
case " $*" in
*" --endpoints"*) unset ETCDCTL_ENDPOINTS ;;
*) export ETCDCTL_ENDPOINTS="\${ETCDCTL_ENDPOINTS:-${nodes.map(clientUrl).join(",")}}" ;;
esac
exec /usr/bin/etcdctl "$@"
`;
}

/** The members as etcd's `initial-cluster` has them: `name=http://10.90.0.1:2380,…`. */
export function initialCluster(nodes: Pick<MeshNode, "name" | "meshAddress">[]): string {
    return nodes.map((node) => `${node.name}=${peerUrl(node)}`).join(",");
}

/** Where a member's snapshots are. */
export const snapshotFolder = "/var/lib/etcd-snapshots";

/** etcd-snapshot.service, which runs `program` once. */
export function snapshotUnit(program: string): string {
    return `[Unit]
Description=Saves a snapshot of etcd
After=etcd.service

[Service]
Type=oneshot
ExecStart=${program}
User=etcd
StateDirectory=${snapshotFolder.replace("/var/lib/", "")}
StateDirectoryMode=0700
Nice=10
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
`;
}

/** etcd-snapshot.timer. */
export function snapshotTimer(): string {
    return `[Unit]
Description=Saves a snapshot of etcd every hour

[Timer]
OnCalendar=hourly
# The members need not all do it at once.
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
`;
}

export function clientUrl(node: Pick<MeshNode, "meshAddress">): string {
    return `http://${node.meshAddress}:${ports.etcdClient}`;
}

function peerUrl(node: Pick<MeshNode, "meshAddress">): string {
    return `http://${node.meshAddress}:${ports.etcdPeer}`;
}
