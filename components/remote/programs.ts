import type * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../node";
import { RemoteFile } from "./file";
import { scriptFile } from "./script";

/** Programs of `scripts/` that stand together in a folder of the machine. */
export interface Programs {
    folder: string;
    /** Of their names; the resources' names are without it. */
    prefix: string;
    /** What follows the prefix, without `.py`. */
    parts: string[];
    /** Names in full of what they share with others. */
    shared: string[];
}

/** A file for each, named `<name>-<part>`. */
export function programFiles(
    name: string,
    machine: Machine,
    { folder, prefix, parts, shared }: Programs,
    opts: pulumi.CustomResourceOptions,
): RemoteFile[] {
    const file = (what: string, program: string) =>
        new RemoteFile(
            `${name}-${what}`,
            { machine, path: `${folder}/${program}`, content: scriptFile(program) },
            opts,
        );
    return [
        ...parts.map((part) => file(part, `${prefix}${part}.py`)),
        ...shared.map((program) => file(program.replace(/\.py$/, ""), program)),
    ];
}
