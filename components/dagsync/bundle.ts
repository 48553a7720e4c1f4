import { defaultRepository, hiddenBranch } from "./renderGit";
import type { DagSyncSettings } from "./validate";

/** How Airflow reads the DAGs: an entry of its `dag_bundle_config_list` without the name. */
export interface DagBundle {
    /** The Python class. */
    classpath: string;
    /** Its arguments; `refresh_interval` is in seconds. */
    kwargs: Record<string, string | number>;
    /** Absolute path of the repository whose clones Airflow keeps: it would go on with those of another one. @default nothing is cloned */
    clones?: string;
    /** What Airflow's environment has to hold for it. @default nothing */
    environment?: Record<string, string>;
    /** File that exists while this node's DAGs lag behind the others'. @default there is none */
    behind?: string;
}

/** Seconds. With a second until Airflow looks whether it is time, and two to read a file, a save is run within ten. */
const refresh = { refresh_interval: 3 };

/** The bundle asks for a connection. Without one each task asks the API server, and has a traceback in its log. */
const connection = "airflow_ha_dags";

export function bundleOf(args: DagSyncSettings): DagBundle {
    switch (args.kind) {
        case undefined:
        case "csync2":
            return { ...folder(args.path), behind: "/run/dag-sync/behind" };
        case "shared":
            return folder(args.path);
        case "git": {
            const { path = defaultRepository } = args;
            return {
                classpath: "airflow.providers.git.bundles.git.GitDagBundle",
                kwargs: {
                    // Not a plain path: git would copy the repository's files while they change.
                    repo_url: `file://${path}`,
                    tracking_ref: hiddenBranch,
                    ...(args.subdir === undefined ? {} : { subdir: args.subdir }),
                    git_conn_id: connection,
                    ...refresh,
                },
                clones: path,
                environment: { [`AIRFLOW_CONN_${connection.toUpperCase()}`]: "git://" },
                behind: "/run/dag-git/behind",
            };
        }
        default:
            return args satisfies never;
    }
}

function folder(path: string): DagBundle {
    return {
        classpath: "airflow.dag_processing.bundles.local.LocalDagBundle",
        kwargs: { path, ...refresh },
    };
}
