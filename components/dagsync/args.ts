import type * as pulumi from "@pulumi/pulumi";
import type { EtcdCluster } from "../etcd";
import type { MeshNode } from "../node";

/** A folder whose files csync2 sends to the other nodes as soon as they are saved. */
export interface Csync2Args {
    /** Says which kind it is. @default "csync2" */
    kind?: "csync2";
    /** Two nodes or more; each sends to all others. */
    nodes: MeshNode[];
    /**
     * The folder's absolute path, the same on every node; it is made. Two folders deep or more; letters, digits, dots,
     * hyphens and underscores.
     */
    path: string;
    /** System user and group that the folder belongs to; made where it is missing. @default "airflow" */
    owner?: string;
}

/**
 * A git repository on every node. A push to any of them, or what is new upstream, is on all live nodes before the branch
 * moves; each run keeps to the commit that it began with.
 */
export interface GitArgs {
    /** Says which kind it is. */
    kind: "git";
    /** Three nodes or more: a push is taken when a majority of them has it. sshd's host key of each must be known (`connection`). */
    nodes: MeshNode[];
    /** Keeps which commit the branch is at, in a key of its own beneath /airflow-ha/dags. */
    etcd: EtcdCluster;
    /** The bare repository's absolute path, the same on every node; like that of csync2's folder. @default "/srv/airflow/dags.git" */
    path?: string;
    /** The one branch that may be pushed and that Airflow runs; not within airflow-ha/. @default "main" */
    branch?: string;
    /**
     * OpenSSH public keys that may fetch and push, as `ssh://dags@ADDRESS/PATH`. Without an upstream at least one is
     * needed. @default none
     */
    authorizedKeys?: string[];
    /** A repository elsewhere whose branch is followed. @default there is none */
    upstream?: GitUpstream;
    /** The folder in the repository that holds the DAGs, relative. @default the repository's own */
    subdir?: string;
}

/** Where another repository is, and how it lets the nodes in. */
export interface GitUpstream {
    /** `https://HOST/PATH` without a login, `ssh://USER@HOST:PORT/PATH` or `USER@HOST:PATH`. */
    url: string;
    /** Its branch. @default the same as here */
    branch?: string;
    /** Seconds between two looks, 1 to 3600. Each node looks. @default 10 */
    interval?: number;
    /** For SSH: the key that opens it, in OpenSSH's or PEM format, without a passphrase. */
    privateKey?: pulumi.Input<string>;
    /** For SSH: the host's lines of `known_hosts`. */
    knownHosts?: string;
}

/** A folder on a volume that is mounted on every node already. */
export interface SharedArgs {
    /** Says which kind it is. */
    kind: "shared";
    /** Two nodes or more. */
    nodes: MeshNode[];
    /** The folder's absolute path, the same on every node, on the volume; like that of csync2's folder. */
    path: string;
}

/** How DAGs come to be the same on all nodes, and which nodes these are. */
export type DagSyncArgs = Csync2Args | GitArgs | SharedArgs;
