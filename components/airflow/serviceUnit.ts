import { configFolder, home, logFolder } from "./render";

interface Parts {
    environment?: string;
    system?: string;
    more?: string;
}

const airflowEnvironment = `EnvironmentFile=${configFolder}/airflow.env
EnvironmentFile=${configFolder}/secrets.env`;

/** A service of Airflow's user that is restarted for ever. */
export function unit(description: string, command: string, parts: Parts = {}): string {
    const { environment = airflowEnvironment, system = "ProtectSystem=strict", more } = parts;
    return `[Unit]
Description=Airflow: ${description}
PartOf=airflow.target
# The mesh address has to be there before it can be listened on.
After=network-online.target wg-quick@wg0.service haproxy.service dag-sync.service dag-git.service
StartLimitIntervalSec=0

[Service]
User=airflow
Group=airflow
WorkingDirectory=${home}
${environment}
ExecStart=${command}
Restart=always
RestartSec=2
${more === undefined ? "" : `${more}\n`}${sandbox(system, `${home} ${logFolder}`)}
[Install]
WantedBy=airflow.target
`;
}

/** What a process of Airflow's user may do; `writable` are the folders that it writes to. */
export function sandbox(system: string, writable: string): string {
    return `UMask=0027
${system}
ReadWritePaths=${writable}
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
NoNewPrivileges=true
CapabilityBoundingSet=
RestrictSUIDSGID=true
RestrictRealtime=true
RestrictNamespaces=true
LockPersonality=true
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
`;
}
