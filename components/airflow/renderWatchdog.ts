import { ports } from "../ports";
import { configFolder, type Node } from "./render";

export const watchdogPath = "/usr/local/lib/airflow-ha/airflow_watchdog.py";

/** airflow-watchdog.service: root's, since it restarts units. */
export function watchdogUnit({ meshAddress }: Node): string {
    return `[Unit]
Description=Airflow: restarts processes that hang
PartOf=airflow.target
After=wg-quick@wg0.service haproxy.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=${configFolder}/secrets.env
Environment=ADDRESS=${meshAddress} API=http://${meshAddress}:${ports.airflowApi} MANAGEMENT=${ports.rabbitManagement}
ExecStart=/opt/airflow/current/bin/python -B ${watchdogPath}
Restart=always
RestartSec=2
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_UNIX AF_INET
RestrictNamespaces=true
LockPersonality=true

[Install]
WantedBy=airflow.target
`;
}
