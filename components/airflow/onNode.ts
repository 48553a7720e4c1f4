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

    constructor(name: string, machine: MeshNode, parent: pulumi.Resource) {
        this.name = name;
        this.machine = machine;
        this.parent = parent;
    }

    file(what: string, path: string, content: pulumi.Input<string>, mode = "0644"): RemoteFile {
        const args = { machine: this.machine, path, content, mode };
        return new RemoteFile(`${this.name}-${what}`, args, { parent: this.parent });
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
