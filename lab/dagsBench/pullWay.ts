import { lasting, placesOf, timed } from "./render.ts";
import { install, placedIn, putInPlace, rolesOf, type Way } from "./way.ts";

const name = "pull";
const places = placesOf(name);
const repository = `${places.folder}.git`;
const port = 9419;
/** A pull and a commit at once would meet in git's index. */
const locked = `flock ${places.state}/lock`;
const author = "-c user.name=bench -c user.email=bench@localhost";

/** The branch has to be there before it can be pulled. */
const makeRepository = `set -e
mkdir -p /srv/bench-dags ${places.state}
[[ ! -e ${repository} ]] || exit 0
git init --quiet --bare --initial-branch=main ${repository}
tree=$(git -C ${repository} mktree </dev/null)
commit=$(git ${author} -C ${repository} commit-tree -m bench "$tree")
git -C ${repository} update-ref refs/heads/main "$commit"`;

/** A bare repository on the first node; each node pulls from it every ten seconds, and who saves commits and pushes. */
export const pullWay: Way = {
    ...placedIn(places, name),
    title: "git pull every 10 s",
    command: `${locked} bash -c 'git add --all . && git ${author} commit --quiet --message=bench && git push --quiet origin main'`,
    async prepare(cluster) {
        const { first } = rolesOf(cluster);
        await install(cluster, name, ["git"]);
        await cluster.on(first.name, makeRepository);
        await putInPlace(cluster, first.name, places, {
            files: {},
            units: lasting(
                places,
                `/usr/bin/git daemon --reuseaddr --listen=${first.meshAddress} --port=${port} ` +
                    `--base-path=/srv/bench-dags --export-all --enable=receive-pack ${repository}`,
                "HOME=/root",
            ),
            start: [`${places.unit}.service`],
        });
        const url = `git://${first.meshAddress}:${port}/${name}.git`;
        const clone = `mkdir -p /srv/bench-dags
[[ -e ${places.folder}/.git ]] || { rm -rf ${places.folder}; git clone --quiet ${url} ${places.folder}; }`;
        await cluster.await("all nodes have a clone", async () => {
            await cluster.onAll(clone);
            return true;
        });
        await Promise.all(
            cluster.nodes.map((node) =>
                putInPlace(cluster, node, places, {
                    files: {},
                    units: timed(
                        places,
                        `${locked} git -C ${places.folder} pull --quiet --ff-only`,
                        "HOME=/root",
                        "OnActiveSec=1s\nOnUnitActiveSec=10s",
                    ),
                    start: [`${places.unit}-run.timer`],
                }),
            ),
        );
    },
};
