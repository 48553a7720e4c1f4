import { problem, type Problem } from "../problems";

/**
 * For Airflow on three machines of 4 to 8 GiB that it shares with PostgreSQL: its processes on three nodes keep up to
 * 300 connections, nearly all idle, so memory per query stays small.
 */
export const defaultParameters: Record<string, string> = {
    max_connections: "300",
    shared_buffers: "256MB",
    effective_cache_size: "1GB",
    work_mem: "4MB",
    maintenance_work_mem: "64MB",
    max_wal_size: "1GB",
    max_wal_senders: "10",
    max_replication_slots: "10",
    // A node may be off for long and still catch up; beyond this the primary's disk is worth more.
    max_slot_wal_keep_size: "4GB",
    // A peer that is gone is noticed in 20 s, not 60.
    wal_sender_timeout: "20s",
    wal_receiver_timeout: "20s",
    // A client whose machine is gone keeps its locks for two hours by the kernel's own settings; here for 15 s.
    tcp_keepalives_idle: "5",
    tcp_keepalives_interval: "5",
    tcp_keepalives_count: "3",
    tcp_user_timeout: "15s",
    random_page_cost: "1.1",
    log_checkpoints: "on",
    log_lock_waits: "on",
    log_min_duration_statement: "5s",
};

/** Parameters that Patroni or this component decides, and why they are not to be set. */
const refused: [RegExp, string][] = [
    [
        /^(listen_addresses|port|unix_socket_directories|cluster_name|hot_standby|wal_level|wal_log_hints)$/,
        "Patroni decides it",
    ],
    [/^(synchronous_standby_names|primary_conninfo|primary_slot_name)$/, "Patroni decides it"],
    [/^(restore_command|promote_trigger_file|recovery_.*)$/, "Patroni decides it"],
    [/^(data_directory|config_file|hba_file|ident_file|external_pid_file)$/, "Patroni decides it"],
    [
        /^(synchronous_commit|fsync|full_page_writes|zero_damaged_pages)$/,
        "a commit that was acknowledged must survive the loss of a machine",
    ],
    [/^password_encryption$/, "scram-sha-256 is required"],
];

/** Whole numbers whose lower limits are Patroni's: it silently takes its default for a smaller value. */
const minimums: Record<string, number> = {
    max_connections: 25,
    max_locks_per_transaction: 32,
    max_worker_processes: 2,
    max_prepared_transactions: 0,
    max_wal_senders: 3,
    max_replication_slots: 4,
};

export function parameterProblems(parameters: Record<string, string>): Problem[] {
    return Object.entries(parameters).flatMap(([name, value]) => {
        const argument = `parameters.${name}`;
        if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/.test(name)) {
            return [
                problem(
                    argument,
                    value,
                    "its name is none of PostgreSQL's: lower-case, as in its manual",
                ),
            ];
        }
        const reason = refused.find(([names]) => names.test(name))?.[1];
        if (reason !== undefined) {
            return [problem(argument, value, `it cannot be set here: ${reason}`)];
        }
        const least = minimums[name];
        if (least !== undefined && !(/^\d{1,6}$/.test(value) && Number(value) >= least)) {
            return [problem(argument, value, `allowed are whole numbers from ${least}`)];
        }
        if (!/^[ -~]{0,1000}$/.test(value)) {
            return [problem(argument, value, "allowed are up to 1000 printable ASCII characters")];
        }
        return [];
    });
}
