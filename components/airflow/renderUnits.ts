import { ports } from "../ports";
import { configFolder, type Node } from "./render";
import { copiesUnit } from "./renderLogCopies";
import { watchdogUnit } from "./renderWatchdog";
import { unit } from "./serviceUnit";

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
    /** All of them. */
    nodes: Node[];
    /** DagBundle's. */
    behind?: string;
}

const programs = "/usr/local/lib/airflow-ha";
export const awaitDatabasePath = `${programs}/airflow-await-database`;
/** Of the program that runs the DAG processor, and of what that imports. */
export const dagProcessorFolder = `${programs}/dag-processor`;

/** Text of each unit by its name without `.service`. */
export function units(node: Node, settings: UnitSettings): Record<string, string> {
    const { host, port } = settings.database;
    const start = (command: string) => `${command}
ExecStartPre=${awaitDatabasePath} ${host} ${port}
TimeoutStartSec=infinity`;
    const airflow = (command: string) => start(`${program("airflow")} ${command}`);
    return {
        "airflow-api-server": unit("API server and web UI", airflow("api-server --proxy-headers")),
        "airflow-scheduler": unit("scheduler", airflow("scheduler")),
        "airflow-dag-processor": unit(
            "DAG processor, on one node at a time",
            start(
                `${program("python")} -B ${dagProcessorFolder}/airflow_dag_processor.py ` +
                    `${program("airflow")} dag-processor`,
            ),
            { more: dagProcessorLines(settings) },
        ),
        "airflow-triggerer": unit("triggerer", airflow("triggerer --skip-serve-logs")),
        "airflow-worker": unit(
            "Celery worker",
            airflow("celery worker --skip-serve-logs --without-mingle --without-gossip"),
            {
                // A task may write where the user may; the system itself stays read-only.
                system: "ProtectSystem=full",
                // SIGTERM to the main process only: it takes no more tasks and ends when its tasks have ended.
                more: `KillMode=mixed
# It publishes nothing but its events, also for the Flower of each other node. RabbitMQ confirms none of them while one
# of these nodes is gone, and the worker would wait for that and take no task.
Environment=AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__CONFIRM_PUBLISH=False
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
        "airflow-log-copies": copiesUnit(settings.nodes.filter((peer) => peer.name !== node.name)),
        "airflow-watchdog": watchdogUnit(node),
        "airflow-flower": unit("Flower", `${program("celery")} flower`, {
            environment: `EnvironmentFile=${configFolder}/flower.env
Environment=FLOWER_ADDRESS=${node.meshAddress} FLOWER_PORT=${ports.flower} FLOWER_MAX_TASKS=10000`,
        }),
    };
}

function dagProcessorLines({ behind }: UnitSettings): string {
    return `${behind === undefined ? "" : `Environment=BEHIND=${behind}\n`}RuntimeDirectory=airflow-dag-processor
# Seconds. One that hangs must not keep the lock, nor go on when another node has it.
WatchdogSec=60
WatchdogSignal=SIGKILL`;
}

function program(name: string): string {
    return `/opt/airflow/current/bin/${name}`;
}
