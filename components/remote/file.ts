import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Machine } from "../node";
import { asRoot, quote } from "./shell";

export interface RemoteFileArgs {
    /** The machine that the file is on. */
    machine: Machine;
    /** Absolute path; missing folders are made (0755, root). */
    path: string;
    /** The whole text. A secret stays one: it is encrypted in the state and hidden in previews. */
    content: pulumi.Input<string>;
    /** Octal permissions. @default "0644" */
    mode?: string;
    /** `user:group`; both must exist on the machine when the file is written. @default "root:root" */
    owner?: string;
}

/**
 * One file on one machine. It is replaced as a whole (written beside, then renamed over), so that no reader
 * sees half of it; a changed text shows in `pulumi preview --diff` as a diff of `stdin`.
 */
export class RemoteFile extends command.remote.Command {
    /** Absolute path on the machine. */
    readonly path: string;
    /** SHA-256 of all that the file is (text, mode, owner); secret when the text is. */
    readonly fingerprint: pulumi.Output<string>;

    constructor(name: string, args: RemoteFileArgs, opts?: pulumi.CustomResourceOptions) {
        const { machine, path, content, mode = "0644", owner = "root:root" } = args;
        const write = asRoot(machine.user, writeCommand(path, mode, owner));
        super(
            name,
            {
                connection: machine.connection,
                create: write,
                // A machine that is made anew under the old address has lost the file: write it again.
                update: pulumi.interpolate`${write}\n# on machine ${machine.instance}`,
                delete: asRoot(machine.user, `rm -f ${quote(path)}`),
                stdin: content,
                // Another path is another file: the old one has to go.
                triggers: [path],
                logging: command.remote.Logging.None,
                addPreviousOutputInEnv: false,
            },
            pulumi.mergeOptions({ deletedWith: machine.resource }, opts),
        );
        this.path = path;
        this.fingerprint = fingerprint([path, mode, owner, content]);
    }
}

/** SHA-256 (hex) over the values in their order; secret when one of them is. */
export function fingerprint(values: pulumi.Input<string>[]): pulumi.Output<string> {
    return pulumi
        .all(values)
        .apply((plain) => createHash("sha256").update(JSON.stringify(plain)).digest("hex"));
}

function writeCommand(path: string, mode: string, owner: string): string {
    if (!path.startsWith("/")) {
        throw new Error(`RemoteFile: path "${path}" is not absolute`);
    }
    const slash = path.lastIndexOf("/");
    const folder = path.slice(0, slash) || "/";
    return [
        "set -eu",
        `mkdir -p ${quote(folder)}`,
        `temporary=$(mktemp ${quote(`${folder}/.${path.slice(slash + 1)}.XXXXXX`)})`,
        `trap 'rm -f "$temporary"' EXIT`,
        `cat >"$temporary"`,
        `chown ${quote(owner)} "$temporary"`,
        `chmod ${quote(mode)} "$temporary"`,
        `mv "$temporary" ${quote(path)}`,
    ].join("\n");
}
