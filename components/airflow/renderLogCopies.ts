import { ports } from "../ports";
import { home, logFolder, type Node } from "./render";
import { sandbox, unit } from "./serviceUnit";

export const copyLogsPath = "/usr/local/lib/airflow-ha/airflow-copy-logs";
/** Below it, for each peer, named by its address: what it has, and which machine it is. */
export const copiesState = `${home}/log-copies`;

/** airflow-log-copies.service, the sending side. */
export function copiesUnit(peers: Node[]): string {
    const addresses = peers.map((peer) => peer.meshAddress).join(" ");
    return unit("copies of task logs for the other nodes", copyLogsPath, {
        environment: `Environment=LOGS=${logFolder} STATE=${copiesState} PORT=${ports.airflowLogCopies}
Environment="PEERS=${addresses}"`,
        more: "Nice=10",
    });
}

/** airflow-log-receiver.socket: where the peers' copies arrive. */
export function receiverSocket(node: Node): string {
    return `[Unit]
Description=Airflow: copies of the other nodes' task logs

[Socket]
ListenStream=${node.meshAddress}:${ports.airflowLogCopies}
# Sockets are made before the mesh is up.
FreeBind=true
Accept=true

[Install]
WantedBy=sockets.target
`;
}

/** airflow-log-receiver@.service: an instance for each connection, which brings one archive. */
export const receiverUnit = `[Unit]
Description=Airflow: copies of another node's task logs
# A peer that hangs up is no failed unit to keep.
CollectMode=inactive-or-failed

[Service]
User=airflow
Group=airflow
# Two lines for each connection would bury what matters.
LogLevelMax=notice
WorkingDirectory=${logFolder}
ExecStart=sh -c 'tar --extract --file=- --no-same-owner --no-same-permissions && echo stored'
StandardInput=socket
StandardOutput=socket
StandardError=journal
RuntimeMaxSec=900
${sandbox("ProtectSystem=strict", logFolder)}`;
