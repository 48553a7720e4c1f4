import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../faults/cluster.ts";
import { root } from "../root.ts";
import { configFile } from "../settings.ts";
import { dagsSetting, type DagsSetting } from "./kind.ts";
import { rolesOf, type Way } from "./way.ts";

/** The stack's own way, of whatever kind it has. */
export function ours(): Way {
    const file = configFile ?? join(root, "Pulumi.lab.yaml");
    const setting = dagsSetting(readFileSync(file, "utf8"));
    switch (setting.kind) {
        case "csync2":
            return oursByCsync2(setting);
        case "git":
            return oursByGit(setting);
        default:
            throw new Error(
                `the stack's DAGs are of kind ${setting.kind}; only csync2 and git are measured`,
            );
    }
}

/** A folder of its own in the stack's: Airflow looks for DAGs there too. */
function oursByCsync2({ path = "/srv/airflow/dags" }: DagsSetting): Way {
    const folder = `${path}/bench-dags`;
    // No node may still have to tell another one: what is deleted here and new there stays.
    const gone = `rm -rf ${folder}
for state in /var/lib/csync2/*/csync2*.db3; do
    peer=$(basename "$(dirname "$state")")
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

/**
 * The stack's kind git: who saves has a clone, commits and pushes to the own node. What docs and components/dagsync
 * call by name is here once: the login, the repository, the branch that Airflow reads, the file of keys.
 */
function oursByGit({ branch = "main", subdir = "", path }: DagsSetting): Way {
    const repository = path ?? "/srv/airflow/dags.git";
    const clone = "/srv/bench-dags/ours";
    const key = "/etc/bench-dags/ours.key";
    const keys = "/var/lib/dag-git/.ssh/authorized_keys";
    const inside = [...(subdir === "" ? [] : [subdir]), "bench-dags"].join("/");
    const folder = `${clone}/${inside}`;
    const author = "-c user.name=bench -c user.email=bench@localhost";
    const commit = `git ${author} commit --quiet --message=bench && git push --quiet origin ${branch}`;
    const serve =
        'restrict,command="/usr/bin/python3 -B /usr/local/lib/airflow-ha/dag-git/dags_git.py /etc/dag-git/config.json serve user"';
    return {
        name: "ours",
        title: "ours (git)",
        folder,
        command: `git add --all . && ${commit}`,
        appears: { repository, ref: "refs/heads/airflow-ha/dags", path: inside },
        units: ["dag-git.service"],
        runs: true,
        async prepare(cluster) {
            const { saver } = rolesOf(cluster);
            await cluster.on(
                saver.name,
                `set -e
mkdir -p /etc/bench-dags /srv/bench-dags
[[ -e ${key} ]] || ssh-keygen -q -t ed25519 -N '' -C bench-dags -f ${key}
grep -q ' bench-dags$' ${keys} || echo '${serve}' "$(cat ${key}.pub)" >>${keys}
[[ ! -e ${clone} ]] || exit 0
export GIT_SSH_COMMAND="ssh -i ${key} -o IdentitiesOnly=yes -o BatchMode=yes -o HostKeyAlias=$HOSTNAME -o UserKnownHostsFile=/etc/dag-git/known_hosts"
git clone --quiet -c core.sshCommand="$GIT_SSH_COMMAND" ssh://dags@${saver.meshAddress}:${saver.sshPort}${repository} ${clone}
cd ${clone}
git checkout --quiet -B ${branch} "$(git rev-parse --quiet --verify origin/${branch} || echo HEAD)" 2>/dev/null || git checkout --quiet --orphan ${branch}
mkdir -p ${inside}`,
            );
        },
        async remove(cluster) {
            const { saver } = rolesOf(cluster);
            await everywhere(
                cluster,
                "the files in our repository are gone",
                `set -e
[[ -e ${clone} ]] || exit 0
cd ${clone}
[[ ! -e ${inside} ]] || git rm -r --quiet --force --ignore-unmatch ${inside}
git diff --cached --quiet || git ${author} commit --quiet --message=bench
! git rev-parse --quiet --verify HEAD >/dev/null || git push --quiet origin ${branch}
cd /
sed -i '/ bench-dags$/d' ${keys}
rm -rf ${clone} ${key} ${key}.pub`,
                [saver.name],
            );
            await cluster.onAll("rmdir /srv/bench-dags /etc/bench-dags 2>/dev/null || :");
        },
    };
}

/** Seconds: csync2 tells of a thousand deletions one by one. */
async function everywhere(
    cluster: Cluster,
    what: string,
    script: string,
    nodes = cluster.nodes,
): Promise<void> {
    const all = async () => {
        await Promise.all(nodes.map((node) => cluster.on(node, script)));
        return true;
    };
    await cluster.await(what, all, 900, 2);
}
