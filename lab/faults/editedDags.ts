import * as cloud from "../cloud/index.ts";
import { now, type Cluster } from "./cluster.ts";
import type { Injected } from "./faults.ts";

const folder = "/srv/airflow/dags";
const [edited, deleted, both] = ["edited", "deleted", "both"].map(
    (name) => `lab_faults_${name}.txt`,
);

/** What an interrupted run has left on a node. */
export const mendEdits = `systemctl stop lab-faults-edit 2>/dev/null
rm -f ${folder}/lab_faults_*.txt`;

/** One line for the whole folder, as far as it is synchronized. */
const tree = `cd ${folder} && find . -type f ! -path '*/__pycache__/*' ! -name '.*' -print0 | sort -z | xargs -0 sha256sum | sha256sum`;

/** Edits while the standby and the broker die, then on both sides of a cut. */
export async function editedDags(cluster: Cluster): Promise<Injected> {
    const [one, other, third] = cluster.nodes;
    await cluster.on(one, `cd ${folder}; echo 1 | tee ${edited} ${deleted} >${both}`);
    await equalTrees(cluster);
    const [standby, leader] = await Promise.all([cluster.standby(), cluster.queueLeader()]);
    const at = now();
    const times: string[] = [];
    return {
        at,
        // The node that is cut off: what runs on it goes on, and ends when it cannot be reported for long.
        down: [third],
        kills: [third],
        hold: async () => {
            await Promise.all([
                cluster.killPostmaster(standby),
                cluster.kill(leader, "rabbitmq-server"),
                cluster.on(other, `echo 2 >${folder}/${edited}`),
                cluster.on(third, `rm ${folder}/${deleted}`),
            ]);
            times.push(`trees equal ${await equalTrees(cluster)} s after the edits during 8 and 9`);
            times.push(await cutAndEdit(cluster, one, third));
        },
        undo: async () => {
            await cloud.heal(third);
            await cluster.onAll(`rm -f ${folder}/lab_faults_*.txt`);
        },
        figures: () => times,
        problems: () => times.filter((each) => each.includes("NOT named")),
    };
}

async function cutAndEdit(cluster: Cluster, one: string, cut: string): Promise<string> {
    const since = await cluster.on(cut, "date '+%F %T'");
    // Nobody can log in to a node that is cut off: it edits by itself as soon as it is alone.
    await cluster.on(
        cut,
        `systemd-run --quiet --collect --unit lab-faults-edit bash -c \
'while ping -c 1 -W 1 ${one} >/dev/null; do sleep 0.2; done; echo theirs >${folder}/${both}'`,
    );
    await cloud.cut(cut);
    await cluster.await(
        "the edit on the cut node",
        () => cluster.fileOn(cut, `${folder}/${both}`) === "theirs\n",
    );
    await cluster.last(1.1);
    await cluster.on(one, `echo ours >${folder}/${both}`);
    await cloud.heal(cut);
    const seconds = await equalTrees(cluster);
    const winner = (await cluster.on(cut, `cat ${folder}/${both}`)).trim();
    const named = await cluster.onAll(
        `{ journalctl --unit=dag-sync --unit='csync2*' --since='${since.trim()}' -o cat; find /var/lib/csync2 -name '*${both}*' -newerct '${since.trim()}'; } | grep -c ${both} || :`,
    );
    const said = named.some((count) => Number(count) > 0) ? "named" : "NOT named";
    return `after the cut equal in ${seconds} s, "${winner}" (the younger is "ours"), conflict ${said}`;
}

async function equalTrees(cluster: Cluster): Promise<string> {
    const began = now();
    await cluster.await(
        "the trees are equal",
        async () => new Set(await cluster.onAll(tree)).size === 1,
    );
    return (now() - began).toFixed(1);
}
