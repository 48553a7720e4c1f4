import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../problems";
import type { DagSyncArgs } from "./args";
import { bundleOf, type DagBundle } from "./bundle";
import { Csync2 } from "./csync2";
import { createRepositories } from "./git";
import { defaultRepository } from "./renderGit";
import { createSharedCheck } from "./shared";
import { dagSyncProblems } from "./validate";

/**
 * The same DAGs on every node, by one of three kinds. `csync2`: a folder on every node; what is saved, changed or deleted
 * on one is sent to all others at once, and to one that is off when it is back. When two nodes change the same file, the
 * one saved last wins, and the other version is kept in /var/lib/csync2/backup. `git`: a repository on every node, to any
 * of which is pushed. `shared`: a folder of a volume that is mounted everywhere. Another kind takes the former one's
 * services away and leaves its files.
 */
export class DagSync extends pulumi.ComponentResource {
    /** Absolute path of the folder or, of kind git, of the bare repository. */
    readonly path: string;
    /** Names of the nodes that have it. */
    readonly nodes: string[];
    /** How Airflow reads it. */
    readonly bundle: DagBundle;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: DagSyncArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:DagSync", name, {}, opts);
        refuse(this, name, dagSyncProblems(args));
        this.path = args.path ?? defaultRepository;
        this.nodes = args.nodes.map((node) => node.name);
        this.bundle = bundleOf(args);
        createKind(name, args, this);
        this.registerOutputs({ path: this.path });
    }
}

function createKind(name: string, args: DagSyncArgs, parent: pulumi.Resource): void {
    switch (args.kind) {
        case undefined:
        case "csync2":
            new Csync2(name, args, parent);
            return;
        case "git":
            createRepositories(name, args, parent);
            return;
        case "shared":
            createSharedCheck(name, args, parent);
            return;
        default:
            args satisfies never;
    }
}
