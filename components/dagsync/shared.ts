import * as pulumi from "@pulumi/pulumi";
import { RemoteScript } from "../remote";
import type { SharedArgs } from "./args";

/** The first node writes a mark; each other one has to see that same mark, or it has another volume mounted, or none. */
export function createSharedCheck(name: string, args: SharedArgs, parent: pulumi.Resource): void {
    const [first, ...others] = args.nodes;
    const mark = new RemoteScript(
        `${name}-shared-${first.name}-mark`,
        {
            machine: first,
            script: "dags-shared-mark.sh",
            variables: { DAGS: args.path, MARK: markOf(name) },
        },
        { parent },
    );
    for (const node of others) {
        const variables = {
            DAGS: args.path,
            MARK: markOf(name),
            FIRST: first.name,
            WRITTEN: mark.stdout.apply((written) => written.trim()),
        };
        new RemoteScript(
            `${name}-shared-${node.name}-check`,
            { machine: node, script: "dags-shared-check.sh", variables },
            { parent },
        );
    }
}

/** A name that Airflow does not look at. */
function markOf(name: string): string {
    return `.airflow-ha-${name}`;
}
