import { rabbitProblems, type RabbitSettings } from "../../components/rabbit";
import { meshNodes } from "../helpers/mocks";

const good: RabbitSettings = { nodes: meshNodes(), vhosts: ["airflow"] };
const name =
    "a virtual host's name is 1 to 63 lower-case letters, digits, hyphens and underscores, " +
    'other than "admin" and "guest" (its user has the same name)';

test.each([3, 5, 7])("%i nodes are right", (count) => {
    expect(rabbitProblems({ ...good, nodes: meshNodes(count) })).toEqual([]);
});

test.each<[string, Partial<RabbitSettings>, string[]]>([
    [
        "two nodes",
        { nodes: meshNodes(2) },
        ["nodes: got 2; quorum queues decide by majority: allowed are 3, 5 or 7 nodes"],
    ],
    [
        "a node twice",
        { nodes: [...meshNodes(2), meshNodes(1)[0]] },
        ['nodes.name: got "node1"; every node needs one of its own'],
    ],
    ["no virtual host", { vhosts: [] }, ["vhosts: got []; at least one is needed"]],
    ["a slash", { vhosts: ["/"] }, [`vhosts: got "/"; ${name}`]],
    ["the administrator's name", { vhosts: ["admin"] }, [`vhosts: got "admin"; ${name}`]],
    ["guest", { vhosts: ["guest"] }, [`vhosts: got "guest"; ${name}`]],
    ["the same twice", { vhosts: ["a", "a"] }, ['vhosts: got "a"; it is there twice']],
    [
        "no time at all",
        { consumerTimeout: 0 },
        ["consumerTimeout: got 0; allowed are whole hours from 1 to 1000"],
    ],
    [
        "several at once",
        { nodes: meshNodes(4), vhosts: [], consumerTimeout: 1.5 },
        [
            "nodes: got 4; quorum queues decide by majority: allowed are 3, 5 or 7 nodes",
            "vhosts: got []; at least one is needed",
            "consumerTimeout: got 1.5; allowed are whole hours from 1 to 1000",
        ],
    ],
])("%s", (_, change, problems) => {
    expect(rabbitProblems({ ...good, ...change })).toEqual(problems);
});
