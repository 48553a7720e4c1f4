import { parseDocument } from "yaml";
import type { File } from "./remote.ts";

/**
 * PostgreSQL 17's parameters that a reload does not change (context `postmaster` of pg_settings), without those that
 * components/patroni refuses to set.
 */
const needRestart = new Set([
    "archive_mode",
    "autovacuum_freeze_max_age",
    "autovacuum_max_workers",
    "autovacuum_multixact_freeze_max_age",
    "bonjour",
    "bonjour_name",
    "commit_timestamp_buffers",
    "data_sync_retry",
    "debug_io_direct",
    "dynamic_shared_memory_type",
    "event_source",
    "huge_page_size",
    "huge_pages",
    "ignore_invalid_pages",
    "jit_provider",
    "logging_collector",
    "max_connections",
    "max_files_per_process",
    "max_locks_per_transaction",
    "max_logical_replication_workers",
    "max_notify_queue_pages",
    "max_pred_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "min_dynamic_shared_memory",
    "multixact_member_buffers",
    "multixact_offset_buffers",
    "notify_buffers",
    "reserved_connections",
    "serializable_buffers",
    "shared_buffers",
    "shared_memory_type",
    "shared_preload_libraries",
    "subtransaction_buffers",
    "superuser_reserved_connections",
    "trace_connection_negotiation",
    "track_activity_query_size",
    "track_commit_timestamp",
    "transaction_buffers",
    "unix_socket_group",
    "unix_socket_permissions",
    "wal_buffers",
    "wal_decode_buffer_size",
]);

/** What of cluster.yml has changed that PostgreSQL takes only by a restart: `shared_buffers 256MB → 512MB`. */
export function restartingParameters(before: File, after: File): string[] {
    const [old, current] = [parametersOf(before.text), parametersOf(after.text)];
    return Object.keys({ ...old, ...current })
        .filter((name) => needRestart.has(name) && old[name] !== current[name])
        .sort()
        .map((name) => `${name} ${old[name] ?? "(default)"} → ${current[name] ?? "(default)"}`);
}

/** `bootstrap.dcs.postgresql.parameters`, as components/patroni/render.ts writes it. */
function parametersOf(text = ""): Record<string, string | number> {
    const read = parseDocument(text, { version: "1.1" }).toJS() as {
        bootstrap?: { dcs?: { postgresql?: { parameters?: Record<string, string | number> } } };
    } | null;
    return read?.bootstrap?.dcs?.postgresql?.parameters ?? {};
}
