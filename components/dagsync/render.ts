import type { MeshNode } from "../node";
import { ports } from "../ports";

type Node = Pick<MeshNode, "name" | "meshAddress">;

/** Below it, a folder for each peer, named by its address: csync2.cfg. */
export const configPath = "/etc/csync2";
export const keyPath = `${configPath}/dags.key`;
export const runnerFolder = "/usr/local/lib/airflow-ha/dagsync";
/** Says how many files each peer lacks, and since when. */
export const statusPath = "/run/dag-sync/status.json";
/** There while the folder is not to be used, as without its volume. */
const refusedPath = "/run/dag-sync/refused";
/** Below it, csync2's database for each peer, and the files that csync2 has overwritten or removed. */
export const statePath = "/var/lib/csync2";

/** What Python and editors make for themselves; of what begins with a dot, .airflowignore is for all nodes. */
const local = "__pycache__ *.pyc *~ *.tmp 4913 .*";

/**
 * csync2's configuration for one pair of nodes; the same on both. A pair has its own database too: with a common one,
 * what a dead peer has missed would count as a conflict between the two that live.
 */
export function csync2Config(pair: Pick<MeshNode, "name">[], path: string): string {
    return `# The DAG folder. There is no TLS here: the mesh encrypts, and nothing listens outside of it.
nossl * *;
# The owner's number differs from node to node; what arrives belongs to the user that csync2 runs as.
ignore uid gid;
# Seconds for which one csync2 waits for another one's write to the database.
lock-timeout 10;

group dags {
    host ${pair.map((node) => node.name).join(" ")};
    key ${keyPath};
    include ${path};
    # The last pattern that matches a name counts.
    exclude ${local};
    include .airflowignore;
    # The file that was saved last wins when two nodes have changed it; the other one is kept here.
    auto younger;
    backup-directory ${statePath}/backup;
    backup-generations 5;
}
`;
}

/** systemd's socket of csync2, which the package binds to every address. */
export function csync2Socket(node: Node): string {
    return `[Socket]
ListenStream=
ListenStream=${node.meshAddress}:${ports.csync2}
# Sockets are made before the mesh is up.
FreeBind=true
# A peer that lost its power while it was sending must not keep the others waiting: it is missed after 5 s.
KeepAlive=true
KeepAliveTimeSec=2
KeepAliveIntervalSec=1
KeepAliveProbes=3
`;
}

/** Both the receiving and the sending side run as the owner of the folder, and write nowhere else. */
function sandbox(path: string, owner: string): string {
    return `User=${owner}
Group=${owner}
# An operator's files may be root's: they are read, taken over, held and replaced all the same.
AmbientCapabilities=CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_LEASE
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_LEASE
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths=${path} ${statePath}
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_INET AF_UNIX AF_NETLINK
UMask=0022`;
}

/** csync2@.service, the receiving side: an instance for each connection; only a peer's address has a folder. */
export function receiverUnit(path: string, owner: string): string {
    return `[Unit]
# A peer that hangs up is no failed unit to keep.
CollectMode=inactive-or-failed
# dag-sync makes it, as without the folder's volume: what came would not be on that.
ConditionPathExists=!${refusedPath}

[Service]
# Two lines for each connection would bury what matters.
LogLevelMax=notice
ExecStart=
# One peer at a time: what comes is a difference to what is here, and two that change the same file would make a third one.
# And the sender does not look at half a transfer (${runnerFolder}).
ExecStart=flock --timeout 10 ${statePath}/receiving timeout --foreground 65 \\
    env CSYNC2_SYSTEM_DIR=${configPath}/\${REMOTE_ADDR} csync2 -D ${statePath}/\${REMOTE_ADDR} -B -i -l
${sandbox(path, owner)}
`;
}

/** dag-sync.service, the sending side. */
export function senderUnit(node: Node, nodes: Node[], path: string, owner: string): string {
    const peers = nodes
        .filter((peer) => peer.name !== node.name)
        .map((peer) => `${peer.name}=${peer.meshAddress}`);
    return `[Unit]
Description=Synchronization of the DAG folder to the other nodes
Wants=csync2.socket
After=wg-quick@wg0.service csync2.socket
StartLimitIntervalSec=0

[Service]
# Ready when this node has what the others have, or after a minute: Airflow's units are started after it.
Type=notify
TimeoutStartSec=infinity
Environment=DAGS=${path} OWNER=${owner} PORT=${ports.csync2} CONFIG=${configPath} STATE=${statePath}
Environment=ADDRESS=${node.meshAddress} BATCH_PORT=${ports.dagSync}
Environment="PEERS=${peers.join(" ")}" "LOCAL=${local}" STATUS=${statusPath}
# Names of files need not be UTF-8; whatever the machine's locale is, they can be printed.
Environment=PYTHONIOENCODING=utf-8:backslashreplace
ExecStart=/usr/bin/python3 -B ${runnerFolder}/dagsync_run.py
Restart=always
RestartSec=1
RuntimeDirectory=dag-sync
# A node that lags is no less behind for a restart of this.
RuntimeDirectoryPreserve=yes
${sandbox(path, owner)}

[Install]
WantedBy=multi-user.target
`;
}
