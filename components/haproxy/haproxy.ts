import type * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../node";
import { RemoteFile, RemoteScript } from "../remote";

export interface HaproxyPartArgs {
    machine: Machine;
    /** Name of the part, a file name: `/etc/haproxy/conf.d/<part>.cfg`. */
    part: string;
    /** The part's sections: every `frontend`, `backend` and `listen` with its own `mode` and timeouts. */
    content: pulumi.Input<string>;
    /** Other files that the part names (certificates): HAProxy is reloaded when they change. */
    files?: RemoteFile[];
}

/**
 * Adds sections to the machine's one HAProxy, which is installed by whoever comes first, and reloads it:
 * connections that are open stay open. Returns the resource after which the sections serve.
 */
export function haproxyPart(
    name: string,
    args: HaproxyPartArgs,
    opts: pulumi.CustomResourceOptions,
): RemoteScript {
    const { machine, part, files = [] } = args;
    const config = new RemoteFile(
        `${name}-haproxy-config`,
        { machine, path: `/etc/haproxy/conf.d/${part}.cfg`, content: args.content },
        opts,
    );
    return new RemoteScript(
        `${name}-haproxy`,
        { machine, script: "haproxy-apply.sh", files: [config, ...files] },
        opts,
    );
}
