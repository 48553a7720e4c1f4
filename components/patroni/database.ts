import type * as pulumi from "@pulumi/pulumi";

/** What a client needs to reach a database from any node of the cluster. */
export interface Database {
    name: string;
    /** The role that owns the database. */
    user: string;
    /** Secret; letters and digits only, so that it can stand in a URL as it is. */
    password: pulumi.Output<string>;
    /** The node's own HAProxy, which leads to the primary wherever it is. */
    host: "127.0.0.1";
    port: number;
    /** Whoever uses the database depends on this: then it is there, and HAProxy serves on every node. */
    component: pulumi.Resource;
}
