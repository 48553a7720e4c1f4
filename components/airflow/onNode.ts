import type * as pulumi from "@pulumi/pulumi";
import type { MeshNode } from "../node";
import { RemoteFile, RemoteScript, scriptFile } from "../remote";
import { versions } from "../versions";

export interface ScriptArgs {
    variables?: Record<string, pulumi.Input<string>>;
    files: RemoteFile[];
    dependsOn?: pulumi.Resource[];
}

/** Makes the files and scripts of one node's Airflow: children of its component, with the node's name in front. */
export class OnNode {
    private readonly name: string;
    private readonly machine: MeshNode;
    private readonly parent: pulumi.Resource;
    private readonly dependsOn: pulumi.Resource[];

    /** Each file waits for the resources of `dependsOn`. */
    constructor(
        name: string,
        machine: MeshNode,
        parent: pulumi.Resource,
        dependsOn: pulumi.Resource[] = [],
    ) {
        this.name = name;
        this.machine = machine;
        this.parent = parent;
        this.dependsOn = dependsOn;
    }

    file(what: string, path: string, content: pulumi.Input<string>, mode = "0644"): RemoteFile {
        const args = { machine: this.machine, path, content, mode };
        const { parent, dependsOn } = this;
        return new RemoteFile(`${this.name}-${what}`, args, { parent, dependsOn });
    }

    /** A file of `scripts/` that stays on the node. */
    program(what: string, path: string, program: string, mode = "0755"): RemoteFile {
        return this.file(what, path, scriptFile(program), mode);
    }

    /** Runs again with another version of Airflow. */
    script(what: string, script: string, { variables, files, dependsOn }: ScriptArgs) {
        return new RemoteScript(
            `${this.name}-${what}`,
            { machine: this.machine, script, variables, files, runAgainOn: [versions.airflow] },
            { parent: this.parent, dependsOn: [...files, ...(dependsOn ?? [])] },
        );
    }
}
