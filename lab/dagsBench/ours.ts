import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../faults/cluster.ts";
import { root } from "../root.ts";
import { configFile } from "../settings.ts";
import { dagsSetting, type DagsSetting } from "./kind.ts";
import { oursByGit } from "./oursGit.ts";
import { rolesOf, type Way } from "./way.ts";

/** The stack's own way; undefined when it is of a kind that is not measured, such as a volume of somebody else. */
export function ours(): Way | undefined {
    const file = configFile ?? join(root, "Pulumi.lab.yaml");
    const setting = dagsSetting(readFileSync(file, "utf8"));
    switch (setting.kind) {
        case "csync2":
            return oursByCsync2(setting);
        case "git":
            return oursByGit(setting);
        default:
            return undefined;
    }
}

/** A folder of its own in the stack's: Airflow looks for DAGs there too. */
function oursByCsync2({ path = "/srv/airflow/dags" }: DagsSetting): Way {
    const folder = `${path}/bench-dags`;
    // No node may still have to tell another one: what is deleted here and new there stays.
    const gone = `rm -rf ${folder}
for peer in $(cd /etc/csync2 && ls -d */); do
    peer=\${peer%/}
    [[ -z $(runuser -u airflow -- env CSYNC2_SYSTEM_DIR="/etc/csync2/$peer" csync2 -D "/var/lib/csync2/$peer" -B -M 2>/dev/null) ]] || exit 1
done
[[ ! -e ${folder} ]]`;
    return {
        name: "ours",
        title: "ours (csync2)",
        folder,
        appears: { folder },
        // The receiving side: an instance of csync2@.service for each connection.
        units: ["dag-sync.service", "system-csync2.slice"],
        runs: true,
        async prepare(cluster) {
            await cluster.on(rolesOf(cluster).saver.name, `mkdir -p ${folder}`);
        },
        remove: (cluster) => everywhere(cluster, "the files in our folder are gone", gone),
    };
}

/** Until the script succeeds on every node, for 15 minutes: csync2 tells of a thousand deletions one by one. */
async function everywhere(cluster: Cluster, what: string, script: string): Promise<void> {
    const all = async () => {
        await cluster.onAll(script);
        return true;
    };
    await cluster.await(what, all, 900, 2);
}
