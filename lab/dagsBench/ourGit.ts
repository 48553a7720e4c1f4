import { deployDags } from "./stackDags.ts";
import { rolesOf, type Way } from "./way.ts";

/**
 * The stack's kind git, with a repository and a branch of its own: who saves has a clone, commits and pushes to the own
 * node.
 */
const repository = "/srv/airflow/bench-dags.git";
const branch = "bench-dags";
const clone = "/srv/bench-dags/ours";
const folder = `${clone}/bench-dags`;
const key = "/etc/bench-dags/ours.key";

export const ourGit: Way = {
    name: "git",
    title: "ours (git)",
    folder,
    command: `git add --all . && git -c user.name=bench -c user.email=bench@localhost commit --quiet --message=bench && git push --quiet origin ${branch}`,
    appears: { repository, ref: "refs/heads/airflow-ha/dags", path: "bench-dags" },
    units: ["dag-git.service"],
    runs: true,
    async prepare(cluster) {
        const { saver } = rolesOf(cluster);
        const publicKey = await cluster.on(
            saver.name,
            `set -e
mkdir -p /etc/bench-dags /srv/bench-dags
[[ -e ${key} ]] || ssh-keygen -q -t ed25519 -N '' -C bench-dags -f ${key}
cat ${key}.pub`,
        );
        const authorizedKeys = [publicKey.trim()];
        await deployDags({ kind: "git", path: repository, branch, authorizedKeys });
        await cluster.on(
            saver.name,
            `set -e
rm -rf ${clone}
git init --quiet --initial-branch=${branch} ${clone}
cd ${clone}
git config core.sshCommand "ssh -i ${key} -o IdentitiesOnly=yes -o BatchMode=yes -o HostKeyAlias=$HOSTNAME -o UserKnownHostsFile=/etc/dag-git/known_hosts"
git remote add origin ssh://dags@${saver.meshAddress}:${saver.sshPort}${repository}
mkdir bench-dags`,
        );
    },
    async remove(cluster) {
        await deployDags();
        await cluster.onAll(
            `rm -rf ${repository} ${clone} ${key} ${key}.pub
rmdir /srv/bench-dags /etc/bench-dags 2>/dev/null || :`,
        );
        // Which commit the branch is at, of which nothing is left.
        await cluster.onAny(
            `etcdctl get --prefix --keys-only /airflow-ha/dags/ | grep '/${branch}$' | xargs --no-run-if-empty --max-args=1 etcdctl del >&2`,
        );
    },
};
