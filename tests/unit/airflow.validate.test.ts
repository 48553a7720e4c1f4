import {
    airflowProblems,
    placeProblems,
    type AirflowPlaces,
    type AirflowSettings,
} from "../../components/airflow";

test("the defaults are right", () => {
    expect(airflowProblems({})).toEqual([]);
});

test.each<[Partial<AirflowSettings>, string[]]>([
    [{ workerConcurrency: 0 }, ["workerConcurrency: got 0; allowed are 1 to 256 tasks at once"]],
    [
        { workerConcurrency: 257 },
        ["workerConcurrency: got 257; allowed are 1 to 256 tasks at once"],
    ],
    [
        { workerConcurrency: 1.5 },
        ["workerConcurrency: got 1.5; allowed are 1 to 256 tasks at once"],
    ],
    [{ defaultTaskRetries: -1 }, ["defaultTaskRetries: got -1; allowed are 0 to 100 retries"]],
    [{ apiWorkers: 17 }, ["apiWorkers: got 17; allowed are 1 to 16 processes"]],
    [{ parsingProcesses: 0 }, ["parsingProcesses: got 0; allowed are 1 to 32 processes"]],
    [{ workerStopTimeout: 9 }, ["workerStopTimeout: got 9; allowed are 10 to 86400 seconds"]],
    [{ httpsPort: 65536 }, ["httpsPort: got 65536; a TCP port is 1 to 65535"]],
    [{ httpsPort: 5432 }, ["httpsPort: got 5432; this port is taken by postgres"]],
    [
        { apiWorkers: NaN, httpsPort: 0 },
        [
            "apiWorkers: got null; allowed are 1 to 16 processes",
            "httpsPort: got 0; a TCP port is 1 to 65535",
        ],
    ],
])("%j", (settings, problems) => {
    expect(airflowProblems(settings)).toEqual(problems);
});

describe("where it is", () => {
    const named = (...names: string[]) => names.map((name) => ({ name }));
    const places: AirflowPlaces = {
        node: { name: "b" },
        nodes: named("a", "b", "c"),
        database: { nodes: ["a", "b"] },
        broker: { hosts: named("b", "c") },
        dags: { nodes: ["b", "d"] },
    };

    test("a node of all that it stands on is right, and of a database that names no nodes each one is", () => {
        expect(placeProblems(places)).toEqual([]);
        expect(placeProblems({ ...places, database: {} })).toEqual([]);
    });

    test.each<[Partial<AirflowPlaces>, string[]]>([
        [
            { database: { nodes: ["a", "c"] } },
            ['node: got "b"; allowed are the nodes of database: a, c'],
        ],
        [{ broker: { hosts: named("a") } }, ['node: got "b"; allowed are the nodes of broker: a']],
        [{ dags: { nodes: ["c", "d"] } }, ['node: got "b"; allowed are the nodes of dags: c, d']],
        [{ nodes: named("a", "c") }, ['nodes: got ["a","c"]; "b" has to be among them']],
        [
            { node: { name: "e" } },
            [
                'node: got "e"; allowed are the nodes of database: a, b',
                'node: got "e"; allowed are the nodes of broker: b, c',
                'node: got "e"; allowed are the nodes of dags: b, d',
                'nodes: got ["a","b","c"]; "e" has to be among them',
            ],
        ],
    ])("%j", (other, problems) => {
        expect(placeProblems({ ...places, ...other })).toEqual(problems);
    });
});
