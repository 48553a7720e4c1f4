import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../faults/cluster.ts";
import { placed } from "../faults/programs.ts";
import type { StackOutputs } from "../outputs.ts";
import { root } from "../root.ts";
import { quote } from "../shell.ts";
import type { Places } from "./render.ts";

/** Where saved files show: in a folder, or in the folder `path` of a branch of a bare repository. */
export type Appearance = { folder: string } | { repository: string; ref: string; path: string };

/** One way to have DAG folders equal on all nodes. */
export interface Way {
    /** What `--ways` takes. */
    name: string;
    /** What the table and the plot call it. */
    title: string;
    /** Installs, writes and starts all that it needs, on every node; may run twice. */
    prepare(cluster: Cluster): Promise<void>;
    /** Where files are saved, on the node that saves. */
    folder: string;
    /** In bash and in that folder: what saving is besides writing the file. @default nothing */
    command?: string;
    /** Where they are then, on every other node. */
    appears: Appearance;
    /** Units whose CPU time is its own; a slice counts all units in it, those that have ended too. */
    units: string[];
    /** Does Airflow run what it brings? */
    runs: boolean;
    /** What only this way has to say when it is done, by the node that saves. */
    figures?(cluster: Cluster, saver: string): Promise<string[]>;
    /** Stops and removes all of it, packages too where `prepare` installed them, whatever state it is in. */
    remove(cluster: Cluster): Promise<void>;
}

export type LabNode = StackOutputs["nodes"][number];

/** Who does what: the first node is never off, the second one saves, the third one is powered off. */
export function rolesOf(cluster: Cluster): { first: LabNode; saver: LabNode; third: LabNode } {
    const [first, saver, third] = cluster.outputs.nodes;
    return { first, saver, third };
}

/** Seconds; packages are downloaded. */
const patience = 900;

/** Installs packages on every node, and remembers there which ones were missing. */
export async function install(cluster: Cluster, name: string, packages: string[]): Promise<void> {
    await cluster.await(`${packages.join(", ")} are installed`, async () => {
        const script = nodeScript("install.sh", { NAME: name, PACKAGES: packages.join(" ") });
        await Promise.all(cluster.nodes.map((node) => cluster.on(node, script, patience)));
        return true;
    });
}

/** Writes a way's folders, files (by path) and units (by name) on a node, then starts the units of `start`. */
export async function putInPlace(
    cluster: Cluster,
    node: string,
    { folder, config, state }: Places,
    what: { files: Record<string, string>; units: Record<string, string>; start: string[] },
): Promise<void> {
    const units = Object.entries(what.units).map(([unit, text]) =>
        placed(`/etc/systemd/system/${unit}`, text),
    );
    await cluster.on(
        node,
        [
            "set -e",
            `mkdir -p ${folder} ${config} ${state}`,
            // csync2's keys.
            `chmod 700 ${config}`,
            ...Object.entries(what.files).map(([path, text]) => placed(path, text)),
            ...units,
            "systemctl daemon-reload",
            ...(what.start.length === 0
                ? []
                : [
                      `systemctl --quiet enable ${what.start.join(" ")}`,
                      `systemctl restart ${what.start.join(" ")}`,
                  ]),
        ].join("\n"),
    );
}

/** What the ways have in common that `install` and `putInPlace` put into places of their own. */
export function placedIn({ folder, slice }: Places, name: string) {
    return {
        name,
        folder,
        appears: { folder },
        units: [slice],
        runs: false,
        remove: (cluster: Cluster) => removePlaces(cluster, name),
    };
}

/** Removes whatever `install` and `putInPlace` have made, on every node. */
async function removePlaces(cluster: Cluster, name: string): Promise<void> {
    const script = nodeScript("remove.sh", { NAME: name });
    await Promise.all(cluster.nodes.map((node) => cluster.on(node, script, patience)));
}

/** A script of nodes/, with lib.sh and its variables in front of it. */
function nodeScript(file: string, variables: Record<string, string>): string {
    const assigned = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
    const texts = [join("scripts", "lib.sh"), join("lab", "dagsBench", "nodes", file)].map((path) =>
        readFileSync(join(root, path), "utf8"),
    );
    return [...assigned, ...texts].join("\n");
}
