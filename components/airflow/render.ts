import type { DagBundle } from "../dagsync";
import type { MeshNode } from "../node";
import { ports } from "../ports";

export type Node = Pick<MeshNode, "name" | "meshAddress">;

/** What may differ between stacks; see AirflowNodeArgs. */
export interface Settings {
    workerConcurrency: number;
    defaultTaskRetries: number;
    apiWorkers: number;
    parsingProcesses: number;
    /** Where the DAGs come from. */
    dags: DagBundle;
    /** Seconds for which the database may be away while it fails over. */
    outage: number;
}

export const home = "/var/lib/airflow";
export const configFolder = "/etc/airflow";
/** The folder of task logs, which the nodes read from each other over the mesh. */
export const logFolder = "/var/log/airflow";

/** Seconds between two heartbeats of a task. */
const heartbeat = 5;

/** Seconds for which the answer to a heartbeat is waited for. */
export const heartbeatAnswer = 2;

/**
 * When a task is given up. A failover of the database is waited out, with one more heartbeat to spare; then the worker ends
 * what cannot be heard, also where no heartbeat had an answer, before a scheduler takes it for lost: none runs twice at once.
 */
export function heartbeats({ outage }: Pick<Settings, "outage">) {
    const missed = Math.ceil((outage + heartbeat) / heartbeat);
    const patience = missed * heartbeat;
    return { missed, patience, timeout: missed * (heartbeat + heartbeatAnswer) + 1 };
}

type Section = Record<string, string | number | boolean | object>;

/** airflow.cfg of one node. Passwords and keys are not in it: they come by secrets.env. */
export function airflowConfig(node: Node, settings: Settings): string {
    const sections = Object.entries(sectionsOf(node, settings)).map(([name, section]) => {
        const lines = Object.entries(section).map(([key, value]) => `${key} = ${text(value)}`);
        return [`[${name}]`, ...lines, ""].join("\n");
    });
    return [`# Airflow on ${node.name}. Secrets are in secrets.env.`, ...sections].join("\n");
}

function sectionsOf(node: Node, settings: Settings): Record<string, Section> {
    return {
        core: {
            executor: "CeleryExecutor",
            auth_manager: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            dags_folder: settings.dags.kwargs.path ?? `${home}/no-dags`,
            load_examples: false,
            // The name that every node's /etc/hosts maps to the mesh: logs are read from there.
            hostname_callable: "socket.gethostname",
            execution_api_server_url: `http://127.0.0.1:${ports.airflowApiLocal}/execution/`,
            default_task_retries: settings.defaultTaskRetries,
            // Seconds. A retry after a machine's death need not wait for five minutes.
            default_task_retry_delay: 5,
            min_serialized_dag_update_interval: 5,
        },
        database: { sql_alchemy_pool_pre_ping: true, sql_alchemy_pool_recycle: 600 },
        api: {
            host: node.meshAddress,
            port: ports.airflowApi,
            workers: settings.apiWorkers,
            expose_config: false,
        },
        api_auth: { jwt_issuer: "airflow-ha" },
        fab: {
            // airflow-migrate.sh does it once; three API servers at the same time would run into each other.
            update_fab_perms: false,
            cookie_secure: true,
            enable_proxy_fix: true,
        },
        scheduler: {
            // Seconds. A dead scheduler's tasks have another one before their own time is up; a failover is no death.
            scheduler_health_check_threshold: heartbeats(settings).patience + heartbeat,
            orphaned_tasks_check_interval: 10,
            task_instance_heartbeat_timeout: heartbeats(settings).timeout,
            task_instance_heartbeat_timeout_detection_interval: 2,
        },
        workers: {
            // Together longer than the database takes to fail over: every 5 s, for two minutes and more.
            execution_api_retries: 30,
            execution_api_retry_wait_max: 5,
            min_heartbeat_interval: heartbeat,
            max_failed_heartbeats: heartbeats(settings).missed,
            // A DAG may reach another node's worker before its file does.
            missing_dag_retries: 10,
            missing_dag_retry_delay: 3,
        },
        dag_processor: {
            dag_bundle_config_list: [
                {
                    name: "dags",
                    classpath: settings.dags.classpath,
                    kwargs: settings.dags.kwargs,
                },
            ],
            // Where versions of the DAGs are, for all of the node's processes.
            dag_bundle_storage_path: `${home}/bundles${settings.dags.clones ?? ""}`,
            refresh_interval: 3,
            bundle_refresh_check_interval: 1,
            parsing_processes: settings.parsingProcesses,
        },
        celery: {
            worker_concurrency: settings.workerConcurrency,
            // One message for each free process, given back when its worker is lost: tasks spread over all nodes.
            worker_prefetch_multiplier: 1,
            task_acks_late: true,
            // Its queue lives on one broker. When that has been cut off, the worker cannot declare it again, and does not start.
            worker_enable_remote_control: false,
            // Seconds for a confirmed publication; a queue whose leader is gone takes some to elect another.
            operation_timeout: 10,
            sync_parallelism: 1,
            extra_celery_config: {
                task_default_queue_type: "quorum",
                task_create_missing_queue_type: "quorum",
                worker_detect_quorum_queues: true,
                // What Flower shows of tasks; it would turn it on by remote control.
                worker_send_task_events: true,
                // Seconds. A worker that starts asks each broker for 4 × the timeout + 9 s, and sends no heartbeat meanwhile: with
                // two brokers gone, 34 s. Were that longer than two heartbeats, it would be cut off and start for ever.
                broker_connection_timeout: 2,
                // Seconds, as RabbitMQ has it: the lower one of both is in force.
                broker_heartbeat: 20,
                // For ever.
                broker_connection_max_retries: null,
                // A message that comes while the database fails over waits for it: its task would be taken for failed, even
                // when it is a second delivery and the task runs elsewhere. Milliseconds.
                result_backend_always_retry: true,
                result_backend_max_sleep_between_retries_ms: 1000,
            },
        },
        celery_broker_transport_options: { confirm_publish: true },
        logging: {
            base_log_folder: logFolder,
            colored_console_log: false,
            dag_processor_child_process_log_directory: `${logFolder}/dag_processor`,
            namespace_levels: quiet.map((logger) => `${logger}=WARNING`).join(" "),
            file_task_handler_new_folder_permissions: "0o750",
            file_task_handler_new_file_permissions: "0o640",
            // One log server for both (airflow-logs.service).
            worker_log_server_port: ports.airflowLogs,
            trigger_log_server_port: ports.airflowLogs,
        },
    };
}

/** Loggers that write a line for each health check of HAProxy, which logs requests itself, and for each look at a DAG. */
const quiet = [
    "http.access",
    "airflow.dag_processing.manager.DagFileProcessorManager",
    "airflow.serialization.definitions.dag",
    "airflow.models.dag",
];

/** As Airflow reads it: `True`, JSON for what is nested, `%` doubled. */
function text(value: Section[string]): string {
    const plain = typeof value === "object" ? JSON.stringify(value) : String(value);
    return plain.replace(/^(true|false)$/, (word) => word[0].toUpperCase() + word.slice(1));
}

/** The environment of all units and of `airflow` in a shell, without secrets. */
export function environment(
    nodes: Node[],
    { environment: more = {} }: Pick<DagBundle, "environment"> = {},
): string {
    return `AIRFLOW_HOME=${home}
AIRFLOW_CONFIG=${configFolder}/airflow.cfg
# Whose word about the client's address and scheme the API server takes: every node's HAProxy.
FORWARDED_ALLOW_IPS=${nodes.map((node) => node.meshAddress).join(",")}
# Threads share two heaps: less memory.
MALLOC_ARENA_MAX=2
${Object.entries(more)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("")}`;
}
