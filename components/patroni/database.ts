import type * as pulumi from "@pulumi/pulumi";

/** A database to be made. */
export interface DatabaseArgs {
    /** 1 to 63 of a-z, 0-9 and _, no digit first; no name that the system uses itself. */
    name: string;
    /** The role to be made for it, which owns it; by the same rules. @default the database's name */
    owner?: string;
}

/** What a client needs to reach a database from any node of the cluster. */
export interface Database {
    /** The database's name. */
    name: string;
    /** The role that owns the database. */
    user: string;
    /** Secret; letters and digits only, so that it can stand in a URL as it is. */
    password: pulumi.Output<string>;
    /** The node's own HAProxy, which leads to the primary wherever it is. */
    host: "127.0.0.1";
    /** TCP port of that HAProxy. */
    port: number;
    /** Names of the nodes that have that HAProxy. @default every node that an AirflowNode is made on */
    nodes?: string[];
    /** Seconds for which it may be away while another primary takes over. @default 30 */
    outage?: number;
    /** Whoever uses the database depends on this: then it is there, and HAProxy serves on every node. */
    component: pulumi.Resource;
}
