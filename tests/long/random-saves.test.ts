import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, healthy, lab, nodes, on, onAll, type Node } from "../helpers/lab";
import { root } from "../helpers/root";

jest.setTimeout(20 * 60_000);

const folder = "/srv/airflow/dags/random_saves";
const place = "/var/lib/random-saves";
/** Of each node in each round; a node that loses its power in one has done some of them. */
const operations = 80;
/** Who loses its power in the middle of a round, and gets it back in the middle of another one. */
const rounds: { cut?: Node; back?: Node }[] = [
    {},
    { cut: nodes[2] },
    { back: nodes[2] },
    { cut: nodes[0] },
    {},
    { back: nodes[0] },
    { cut: nodes[1] },
    { back: nodes[1] },
    { cut: nodes[2] },
    {},
    { back: nodes[2] },
    {},
];

interface Seen {
    read: number;
    half: string[];
    moments: string[];
}

type Tree = Record<string, [string, number]>;

const program = (...args: string[]) => `python3 ${place}/saves.py ${args.join(" ")}`;

beforeAll(async () => {
    const text = readFileSync(join(root, "tests", "helpers", "randomSaves.py"), "utf8");
    await onAll(
        `rm -rf ${place}; mkdir -p ${place} ${folder}; cat >${place}/saves.py <<'PROGRAM'\n${text}\nPROGRAM`,
    );
});

afterAll(() => Promise.all(nodes.map((node) => lab(["start", node]))));

/** Saves on the node, and a look at what the others save; gives how many files were seen, and which of them half. */
async function works(node: Node, round: number): Promise<Seen> {
    const own = [`${folder}/${node}`, `${place}/model.json`];
    const work = program("work", ...own, String(operations), String(round));
    const watch = program("watch", folder, node, "15");
    return JSON.parse(await on(node, `${work} & ${watch}; wait $!`)) as never;
}

async function power(verb: "stop" | "start", node?: Node): Promise<void> {
    if (node) {
        // In the middle of what the others, or all, save.
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await lab([verb, node]);
    }
}

test("no save is seen half while nodes lose their power and get it back", async () => {
    let live: Node[] = [...nodes];
    let [read, moments] = [0, 0];
    for (const [round, { cut, back }] of rounds.entries()) {
        const working = live.map(async (node) => {
            const seen = await works(node, round).catch((error: Error) => {
                if (node !== cut) {
                    throw error;
                }
                return { read: 0, half: [], moments: [] };
            });
            expect([node, round, seen.half]).toEqual([node, round, []]);
            read += seen.read;
            moments += seen.moments.length;
        });
        await Promise.all([...working, power("stop", cut), power("start", back)]);
        live = live.filter((node) => node !== cut);
        if (back) {
            await eventually(`${back} is there`, () => on(back, "systemctl is-active dag-sync"));
            live.push(back);
        }
    }
    expect(read).toBeGreaterThan(operations);
    console.log(`${read} files were read, ${moments} of them not whole for a moment`);
    await healthy();
});

test("the trees are equal, and each is what its node has made of it", async () => {
    const models = await onAll(`cat ${place}/model.json`);
    const expected = Object.assign(
        {},
        ...nodes.map((node) =>
            Object.fromEntries(
                Object.entries(JSON.parse(models[node]) as Tree).map(([path, said]) => [
                    `${node}/${path}`,
                    said,
                ]),
            ),
        ),
    ) as Tree;
    expect(Object.keys(expected).length).toBeGreaterThan(30);
    const trees = await eventually("equal trees", async () => {
        const said = await onAll(program("tree", folder));
        const here = JSON.parse(said[nodes[0]]) as Tree;
        nodes.slice(1).forEach((node) => expect(JSON.parse(said[node])).toEqual(here));
        return said;
    });
    expect(JSON.parse(trees[nodes[0]])).toEqual(expected);
});

test("nothing of it stays", async () => {
    await on(nodes[0], `rm -r ${folder}`);
    await eventually("it is gone everywhere", async () => {
        const left = await onAll(`ls -d ${folder} 2>/dev/null || :`);
        return Object.values(left).join("") === "" ? true : undefined;
    });
    await onAll(`rm -r ${place}`);
});
