import { dagSyncProblems, type DagSyncSettings } from "../../components/dagsync";
import { meshNodes } from "../helpers/mocks";

const good: DagSyncSettings = { nodes: meshNodes(), path: "/srv/airflow/dags" };
const folder =
    "an absolute path of two folders or more is needed, " +
    "of letters, digits, dots, hyphens and underscores";
const user = "a user name of 1 to 32 lower-case letters, digits, - and _ is needed";

test("the design's folder on two nodes or more is right", () => {
    expect(dagSyncProblems({ ...good, nodes: meshNodes(2), owner: "airflow" })).toEqual([]);
});

test.each<[string, Partial<DagSyncSettings>, string[]]>([
    ["one node", { nodes: meshNodes(1) }, ["nodes: got 1; at least 2 are needed"]],
    [
        "a node twice",
        { nodes: [...meshNodes(1), ...meshNodes(1)] },
        ['nodes.name: got "node1"; every node needs one of its own'],
    ],
    ...["dags", "/", "/srv", "/srv/../etc", "/srv/my dags", "/srv/*", "/srv/dags/"].map(
        (path): [string, Partial<DagSyncSettings>, string[]] => [
            `the path ${path}`,
            { path },
            [`path: got ${JSON.stringify(path)}; ${folder}`],
        ],
    ),
    ["a strange owner", { owner: "Air flow" }, [`owner: got "Air flow"; ${user}`]],
    [
        "several at once",
        { nodes: [], path: "x", owner: "" },
        [
            "nodes: got 0; at least 2 are needed",
            `path: got "x"; ${folder}`,
            `owner: got ""; ${user}`,
        ],
    ],
])("%s", (_, change, problems) => {
    expect(dagSyncProblems({ ...good, ...change })).toEqual(problems);
});
