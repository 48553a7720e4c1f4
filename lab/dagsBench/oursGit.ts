import type { DagsSetting } from "./kind.ts";
import { rolesOf, type Way } from "./way.ts";

/**
 * The stack's kind git: who saves has a clone, commits and pushes to the own node. What docs and components/dagsync
 * call by name is here once: the login, the repository, the branch that Airflow reads, the file of keys.
 */
export function oursByGit({ branch = "main", subdir = "", path }: DagsSetting): Way {
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
git clone --quiet --no-checkout -c core.sshCommand="$GIT_SSH_COMMAND" ssh://dags@${saver.meshAddress}:${saver.sshPort}${repository} ${clone}
cd ${clone}
git symbolic-ref HEAD refs/heads/${branch}
! git rev-parse --quiet --verify origin/${branch} >/dev/null || git reset --quiet --hard origin/${branch}
mkdir -p ${inside}`,
            );
        },
        async remove(cluster) {
            const { saver } = rolesOf(cluster);
            await cluster.on(
                saver.name,
                `set -e
[[ -e ${clone} ]] || exit 0
cd ${clone}
git rm -r --quiet --force --ignore-unmatch ${inside}
git diff --cached --quiet || git ${author} commit --quiet --message=bench
! git rev-parse --quiet --verify HEAD >/dev/null || git push --quiet origin ${branch}
cd /
sed -i '/ bench-dags$/d' ${keys}
rm -rf ${clone} ${key} ${key}.pub`,
            );
            await cluster.onAll("rmdir /srv/bench-dags /etc/bench-dags 2>/dev/null || :");
        },
    };
}
