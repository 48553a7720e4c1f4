import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, healthy, lab, nodes, on, onAll, type Node } from "../helpers/lab";
import { root } from "../helpers/root";

jest.setTimeout(20 * 60_000);

const folder = "/srv/airflow/dags/random_saves";
const place = "/var/lib/random-saves";
/** Of each node in each round; what is off does its own in later ones. */
const operations = 70;
/** Who is off while the others save. */
const rounds: (Node | undefined)[] = [
    undefined,
    nodes[2],
    undefined,
    nodes[0],
    nodes[0],
    undefined,
    nodes[1],
    undefined,
    nodes[2],
    undefined,
    undefined,
    undefined,
];

type Tree = Record<string, [string, number]>;

const program = (...args: string[]) => `python3 ${place}/saves.py ${args.join(" ")}`;

beforeAll(async () => {
    const text = readFileSync(join(root, "tests", "helpers", "randomSaves.py"), "utf8");
    await onAll(
        `rm -rf ${place}; mkdir -p ${place} ${folder}; cat >${place}/saves.py <<'PROGRAM'\n${text}\nPROGRAM`,
    );
});

test(`no save of ${operations * rounds.length * 3 - 5 * operations} operations is lost, and none is seen half`, async () => {
    let off: Node | undefined;
    const read: number[] = [];
    for (const [round, next] of rounds.entries()) {
        if (off && off !== next) {
            await lab(["start", off]);
        }
        if (next && off !== next) {
            await lab(["stop", next]);
        }
        off = next;
        const live = nodes.filter((node) => node !== off);
        await Promise.all(
            live.map(async (node) => {
                const own = [`${folder}/${node}`, `${place}/model.json`];
                const work = program("work", ...own, String(operations), String(round));
                const watch = program("watch", folder, node, "12");
                const seen = await eventually(`${node} works`, () =>
                    on(node, `test -d ${folder} && { ${work} & ${watch}; wait; }`),
                );
                const found = JSON.parse(seen) as { read: number; half: string[] };
                expect([node, round, found.half]).toEqual([node, round, []]);
                read.push(found.read);
            }),
        );
    }
    await healthy();
    expect(read.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(operations);
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
    console.log(`${Object.keys(expected).length} files`);
    const trees = await eventually("equal trees", async () => {
        const said = await onAll(program("tree", folder));
        return new Set(Object.values(said)).size === 1 ? said : undefined;
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
