import { now, type Cluster } from "./cluster.ts";
import type { Injected } from "./faults.ts";

const disk = "/var/lib/postgresql/17";
/** Beside it: the data while the disk is a small one, and on their way back. */
const kept = `${disk}.kept`;
const back = `${disk}.back`;

/** From a small disk, if there is one, back to the machine's own. PostgreSQL is down meanwhile. */
export const mendDisk = `if mountpoint --quiet ${disk}; then
    rm -f ${disk}/filler
    systemctl stop patroni
    rm -rf ${back} && cp -a ${disk} ${back} && umount ${disk} && rmdir ${disk} && mv ${back} ${disk} && rm -rf ${kept}
    systemctl start patroni
fi`;

/** MB that are left beside the data before the disk is filled up. */
const room = 256;

/** A replica gets a small disk of its own (in memory: the lab's computer must not run full), becomes primary, and its disk is filled. */
export async function diskFull(cluster: Cluster): Promise<Injected> {
    const [node] = await cluster.replicas();
    await cluster.on(
        node,
        `set -e
systemctl stop patroni
mv ${disk} ${kept}
mkdir ${disk}
mount -t tmpfs -o size=$(($(du -sm ${kept} | cut -f 1) + ${room}))m,mode=755 tmpfs ${disk}
chown --reference=${kept} ${disk}
cp -a ${kept}/. ${disk}/
systemctl start patroni`,
        120,
    );
    await cluster.awaitHealthy("the replica streams from its small disk");
    await cluster.switchTo(node);
    await cluster.awaitHealthy("all stream from it");
    const at = now();
    await cluster.on(node, `dd if=/dev/zero of=${disk}/filler bs=1M status=none 2>/dev/null || :`);
    const full = now();
    let freed = Infinity;
    return {
        at,
        hold: () => cluster.last(30),
        undo: async () => {
            freed = now();
            await cluster.on(node, `rm -f ${disk}/filler`);
        },
        after: async () => {
            await cluster.on(node, mendDisk, 120);
        },
        figures: (evidence) => [
            `${evidence.refusals(full, freed)} rows refused and ${evidence.commitTimes(full, freed).length} acknowledged while it was full`,
        ],
        problems: (evidence) =>
            evidence.refusals(at, freed) > 0 ? [] : ["no row was refused: the disk was not full"],
    };
}
