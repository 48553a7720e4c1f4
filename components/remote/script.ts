import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../node";
import { fingerprint, type RemoteFile } from "./file";
import { asRoot, assignments } from "./shell";

export interface RemoteScriptArgs {
    /** The machine that the script runs on, as root. */
    machine: Machine;
    /** A file of `scripts/`, for instance `etcd-install.sh`. `lib.sh` is put in front of it. */
    script: string;
    /**
     * What the script is told, as shell variables. They are part of a command line: a secret has to go by a
     * RemoteFile with a path in a variable instead.
     */
    variables?: Record<string, pulumi.Input<string>>;
    /** The files that the script reads: it runs after them, and again when one of them changes. */
    files?: RemoteFile[];
    /** Other values that make it run again when they change. */
    runAgainOn?: pulumi.Input<string>[];
    /** A command, as root, for when the script is not wanted on the machine any more: it ends what the script started. */
    undo?: string;
}

/** Runs a file of `scripts/` on one machine; again whenever its text, a variable or a file of it changes. */
export class RemoteScript extends command.remote.Command {
    constructor(name: string, args: RemoteScriptArgs, opts?: pulumi.CustomResourceOptions) {
        const { machine, files = [], runAgainOn = [], undo } = args;
        const run = pulumi
            .output(args.variables ?? {})
            .apply((plain) => asRoot(machine.user, `${assignments(plain)} bash -s`.trimStart()));
        const changes = fingerprint([
            machine.instance,
            ...files.map((file) => file.fingerprint),
            ...runAgainOn,
        ]);
        super(
            name,
            {
                connection: machine.connection,
                create: run,
                // `update`, not `triggers`: these would show as a replacement where nothing is replaced.
                update: pulumi.interpolate`${run}\n# runs again when this changes: ${changes}`,
                delete: undo && asRoot(machine.user, undo),
                stdin: scriptText(args.script),
                logging: command.remote.Logging.None,
                addPreviousOutputInEnv: false,
            },
            pulumi.mergeOptions({ dependsOn: files, deletedWith: machine.resource }, opts),
        );
    }
}

/** A program that stays on a machine: files of `scripts/` one after the other, beneath `lib.sh` and their variables. */
export function programText(files: string[], variables: Record<string, string>): string {
    return `#!/usr/bin/env bash\n${assignments(variables)}\n${texts(["lib.sh", ...files])}`;
}

const scripts = join(__dirname, "..", "..", "scripts");

function scriptText(script: string): string {
    return texts(["lib.sh", script]);
}

function texts(files: string[]): string {
    return files.map(scriptFile).join("\n");
}

/** A file of `scripts/` as it stands. */
export function scriptFile(file: string): string {
    return readFileSync(join(scripts, file), "utf8");
}
