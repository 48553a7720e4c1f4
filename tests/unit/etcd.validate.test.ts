import { etcdProblems, type EtcdSettings } from "../../components/etcd";

const good: EtcdSettings = { nodes: ["a", "b", "c"] };
const majority =
    "etcd decides by majority: allowed are 3, 5 or 7 nodes (one survives no fault, " +
    "and an even count survives no more faults than one node fewer)";

test.each([3, 5, 7])("%i nodes are right", (count) => {
    expect(etcdProblems({ nodes: Array.from({ length: count }, (_, at) => `n${at}`) })).toEqual([]);
});

test.each<[Partial<EtcdSettings>, string[]]>([
    [{ nodes: [] }, [`nodes: got 0; ${majority}`]],
    [{ nodes: ["a"] }, [`nodes: got 1; ${majority}`]],
    [{ nodes: ["a", "b", "c", "d"] }, [`nodes: got 4; ${majority}`]],
    [{ heartbeatInterval: 0 }, ["heartbeatInterval: got 0; allowed are whole milliseconds from 1"]],
    [
        { heartbeatInterval: 1.5 },
        ["heartbeatInterval: got 1.5; allowed are whole milliseconds from 1"],
    ],
    [
        { heartbeatInterval: 300 },
        [
            "electionTimeout: got 1000; allowed are whole milliseconds from 1500 (5 × heartbeatInterval) to 50000",
        ],
    ],
    [
        { electionTimeout: 60_000 },
        [
            "electionTimeout: got 60000; allowed are whole milliseconds from 500 (5 × heartbeatInterval) to 50000",
        ],
    ],
    [{ snapshotsKept: 0 }, ["snapshotsKept: got 0; allowed are whole numbers from 1 to 1000"]],
    [{ snapshotsKept: 1.5 }, ["snapshotsKept: got 1.5; allowed are whole numbers from 1 to 1000"]],
    [
        { nodes: ["a", "b"], heartbeatInterval: -1 },
        [
            `nodes: got 2; ${majority}`,
            "heartbeatInterval: got -1; allowed are whole milliseconds from 1",
        ],
    ],
])("%j", (change, problems) => {
    expect(etcdProblems({ ...good, ...change })).toEqual(problems);
});
