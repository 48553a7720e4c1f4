import { ports } from "../ports";
import { configFolder, home, logFolder, type Node } from "./render";

export const target = `[Unit]
Description=Apache Airflow

[Install]
WantedBy=multi-user.target
`;

/** What the units need to know besides the node. */
export interface UnitSettings {
    /** Seconds. */
    workerStopTimeout: number;
    database: { host: string; port: number };
}

export const awaitDatabasePath = "/usr/local/lib/airflow-ha/airflow-await-database";

/** Text of each unit by its name without `.service`. */
export function units(node: Node, settings: UnitSettings): Record<string, string> {
    const { host, port } = settings.database;
    const airflow = (command: string) => `${program("airflow")} ${command}
ExecStartPre=${awaitDatabasePath} ${host} ${port}
TimeoutStartSec=infinity`;
    return {
        "airflow-api-server": unit("API server and web UI", airflow("api-server --proxy-headers")),
        "airflow-scheduler": unit("scheduler", airflow("scheduler")),
        "airflow-dag-processor": unit("DAG processor", airflow("dag-processor")),
        "airflow-triggerer": unit("triggerer", airflow("triggerer --skip-serve-logs")),
        "airflow-worker": unit(
            "Celery worker",
            airflow("celery worker --skip-serve-logs --without-mingle --without-gossip"),
            {
                // A task may write where the user may; the system itself stays read-only.
                sandbox: "ProtectSystem=full",
                // SIGTERM to the main process only: it takes no more tasks and ends when its tasks have ended.
                more: `KillMode=mixed
TimeoutStopSec=${settings.workerStopTimeout}
# Where memory runs out, a task is to go: it can be retried.
OOMScoreAdjust=500
OOMPolicy=continue`,
            },
        ),
        "airflow-logs": unit(
            "task logs, for the API servers of all nodes",
            `${program("uvicorn")} --factory airflow.utils.serve_logs.log_server:get_app ` +
                `--host ${node.meshAddress} --port ${ports.airflowLogs} --no-access-log`,
        ),
        "airflow-flower": unit("Flower", `${program("celery")} flower`, {
            environment: `EnvironmentFile=${configFolder}/flower.env
Environment=FLOWER_ADDRESS=${node.meshAddress} FLOWER_PORT=${ports.flower} FLOWER_MAX_TASKS=10000`,
        }),
    };
}

function program(name: string): string {
    return `/opt/airflow/current/bin/${name}`;
}

interface Parts {
    environment?: string;
    sandbox?: string;
    more?: string;
}

const airflowEnvironment = `EnvironmentFile=${configFolder}/airflow.env
EnvironmentFile=${configFolder}/secrets.env`;

function unit(description: string, command: string, parts: Parts = {}): string {
    const { environment = airflowEnvironment, sandbox = "ProtectSystem=strict", more } = parts;
    return `[Unit]
Description=Airflow: ${description}
PartOf=airflow.target
# The mesh address has to be there before it can be listened on.
After=network-online.target wg-quick@wg0.service haproxy.service dag-sync.service
StartLimitIntervalSec=0

[Service]
User=airflow
Group=airflow
WorkingDirectory=${home}
${environment}
ExecStart=${command}
Restart=always
RestartSec=2
${more === undefined ? "" : `${more}\n`}UMask=0027
${sandbox}
ReadWritePaths=${home} ${logFolder}
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

[Install]
WantedBy=airflow.target
`;
}
