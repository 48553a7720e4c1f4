import { lasting, placesOf } from "./render.ts";
import { deviceIdIn, syncthingConfig } from "./renderSyncthing.ts";
import { install, placedIn, putInPlace, type Way } from "./way.ts";

const name = "syncthing";
const places = placesOf(name);
/** Not its usual one, which a syncthing of somebody else may have. */
const port = 22001;

/** Each device's key and certificate; a second run keeps them. */
const generate = `set -e
export HOME=${places.state}
mkdir -p "$HOME" ${places.folder}/.stfolder
[[ -e $HOME/config.xml ]] || syncthing generate --home="$HOME" --no-default-folder --skip-port-probing >&2
cat "$HOME/config.xml"`;

/** syncthing on each node, which sends to all others what its watcher sees. */
export const syncthingWay: Way = {
    ...placedIn(places, name),
    title: "syncthing",
    async prepare(cluster) {
        await install(cluster, name, ["syncthing"]);
        const devices = await Promise.all(
            cluster.outputs.nodes.map(async (node) => ({
                ...node,
                id: deviceIdIn(await cluster.on(node.name, generate)),
            })),
        );
        await Promise.all(
            devices.map((self) =>
                putInPlace(cluster, self.name, places, {
                    files: {
                        [`${places.state}/config.xml`]: syncthingConfig(
                            self,
                            devices,
                            places,
                            port,
                        ),
                    },
                    units: lasting(
                        places,
                        `/usr/bin/syncthing serve --home=${places.state} --no-browser --no-restart`,
                        `HOME=${places.state} STNOUPGRADE=1`,
                    ),
                    start: [`${places.unit}.service`],
                }),
            ),
        );
    },
};
