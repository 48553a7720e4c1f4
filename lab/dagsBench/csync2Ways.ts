import { randomBytes } from "node:crypto";
import type { Cluster } from "../faults/cluster.ts";
import { csync2Command, csync2Config, csync2Receiver, lasting, placesOf, timed } from "./render.ts";
import { lsyncdConfig } from "./renderLsyncd.ts";
import { install, placedIn, putInPlace, type Way } from "./way.ts";

const cron = { name: "cron", places: placesOf("cron"), port: 30866 };
const lsyncd = { name: "lsyncd", places: placesOf("lsyncd"), port: 30867 };

/** Each node looks at its files each minute, as from cron, and sends what has changed. */
export const cronWay: Way = {
    ...placedIn(cron.places, cron.name),
    title: "csync2 each minute",
    prepare: (cluster) =>
        prepare(cluster, cron, ["csync2"], {
            units: timed(
                cron.places,
                [...csync2Command(cron.places, cron.port), "-x"].join(" "),
                `CSYNC2_SYSTEM_DIR=${cron.places.config}`,
                "OnCalendar=minutely",
            ),
            start: [`${cron.places.unit}-run.timer`],
        }),
};

/**
 * lsyncd has csync2 look and send when files change. When a peer is down csync2 says 1, and lsyncd ends; here systemd
 * starts it again, which Debian's own package does not do.
 */
export const lsyncdWay: Way = {
    ...placedIn(lsyncd.places, lsyncd.name),
    title: "lsyncd + csync2",
    prepare: (cluster) => {
        const config = `${lsyncd.places.config}/lsyncd.conf.lua`;
        return prepare(cluster, lsyncd, ["csync2", "lsyncd"], {
            files: { [config]: lsyncdConfig(lsyncd.places, lsyncd.port) },
            units: lasting(
                lsyncd.places,
                `/usr/bin/lsyncd -nodaemon ${config}`,
                `CSYNC2_SYSTEM_DIR=${lsyncd.places.config}`,
            ),
            start: [`${lsyncd.places.unit}.service`],
        });
    },
    async figures(cluster, saver) {
        const show = `systemctl show --property NRestarts --value ${lsyncd.places.unit}.service`;
        const ends = (await cluster.on(saver, show)).trim();
        return [`lsyncd ended ${ends} times on the node that saved, and was started again`];
    },
};

/** csync2 with a receiver, and what makes it send. All nodes answer before any of them sends. */
async function prepare(
    cluster: Cluster,
    { name, places, port }: typeof cron,
    packages: string[],
    sender: { files?: Record<string, string>; units: Record<string, string>; start: string[] },
): Promise<void> {
    const { nodes } = cluster.outputs;
    const key = randomBytes(32).toString("hex");
    await install(cluster, name, packages);
    await Promise.all(
        nodes.map((node) =>
            putInPlace(cluster, node.name, places, {
                files: {
                    [`${places.config}/key`]: key,
                    [`${places.config}/csync2.cfg`]: csync2Config(nodes, places),
                },
                units: csync2Receiver(places, node.meshAddress, port),
                start: [`${places.unit}.socket`],
            }),
        ),
    );
    // Equal as they are: nobody has to tell of an empty folder.
    await cluster.onAll(
        `CSYNC2_SYSTEM_DIR=${places.config} csync2 -D ${places.state} -cIr ${places.folder}`,
    );
    await Promise.all(
        nodes.map((node) => putInPlace(cluster, node.name, places, { files: {}, ...sender })),
    );
}
