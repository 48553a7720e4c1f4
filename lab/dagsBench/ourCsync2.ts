import { deployDags, ownDags } from "./stackDags.ts";
import { rolesOf, type Way } from "./way.ts";

/** The stack's kind csync2, in a folder of its own within the stack's: Airflow looks for DAGs there too. */
export function ourCsync2(): Way {
    const own = ownDags();
    const isOwn = (own?.kind ?? "csync2") === "csync2";
    const folder = `${(isOwn && (own?.path as string | undefined)) || "/srv/airflow/dags"}/bench-dags`;
    // No node may still have to tell another one: what is deleted here and new there stays.
    const gone = `rm -rf ${folder}
[[ $(systemctl is-active dag-sync) == active ]] || exit 0
for peer in $(cd /etc/csync2 && ls -d */); do
    peer=\${peer%/}
    [[ -z $(runuser -u airflow -- env CSYNC2_SYSTEM_DIR="/etc/csync2/$peer" csync2 -D "/var/lib/csync2/$peer" -B -M 2>/dev/null) ]] || exit 1
done
[[ ! -e ${folder} ]]`;
    return {
        name: "csync2",
        title: "ours (csync2)",
        folder,
        appears: { folder },
        // The receiving side: an instance of csync2@.service for each connection.
        units: ["dag-sync.service", "system-csync2.slice"],
        runs: true,
        async prepare(cluster) {
            await deployDags(isOwn ? own : { kind: "csync2" });
            await cluster.on(rolesOf(cluster).saver.name, `mkdir -p ${folder}`);
        },
        async remove(cluster) {
            // What a peer refuses csync2 tells of one by one.
            const all = async () => {
                await cluster.onAll(gone);
                return true;
            };
            await cluster.await("the files in our folder are gone", all, 900, 2);
            await deployDags();
        },
    };
}
