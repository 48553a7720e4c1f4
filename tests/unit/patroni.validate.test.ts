import { defaultParameters, parameterProblems } from "../../components/patroni/parameters";
import { postgresProblems, type PostgresSettings } from "../../components/patroni/validate";

const good: PostgresSettings = { nodes: [1, 2, 3], databases: [{ name: "airflow" }] };

test("the defaults are right", () => {
    expect(postgresProblems(good)).toEqual([]);
    expect(parameterProblems(defaultParameters)).toEqual([]);
});

test.each<[Partial<PostgresSettings>, string[]]>([
    [{ nodes: [1] }, ["nodes: got 1; a primary needs a replica: from 2 nodes"]],
    [{ failover: { ttl: 19 } }, ["failover.ttl: got 19; allowed are whole seconds from 20"]],
    [{ failover: { loopWait: 0 } }, ["failover.loopWait: got 0; allowed are whole seconds from 1"]],
    [
        { failover: { retryTimeout: 2.5 } },
        ["failover.retryTimeout: got 2.5; allowed are whole seconds from 3"],
    ],
    [
        { failover: { ttl: 29, loopWait: 10, retryTimeout: 10 } },
        ["failover.ttl: got 29; allowed are at least 30 s (loopWait + 2 × retryTimeout)"],
    ],
    [{ failover: { ttl: 30, loopWait: 10, retryTimeout: 10 } }, []],
    [{ failover: { guard: true, suspectAfter: 2, checks: { inter: 3000, rise: 4 } } }, []],
    [
        { failover: { suspectAfter: 1.5, guard: "yes" as unknown as boolean } },
        [
            'failover.guard: got "yes"; allowed are true and false',
            "failover.suspectAfter: got 1.5; allowed are 2 to 10 s",
        ],
    ],
    [
        { failover: { suspectAfter: 11, checks: { fastinter: 10, fall: 0 } } },
        [
            "failover.suspectAfter: got 11; allowed are 2 to 10 s",
            "failover.checks.fastinter: got 10; allowed are whole milliseconds from 50",
            "failover.checks.fall: got 0; allowed are whole numbers from 1",
        ],
    ],
    [
        { failover: { tll: 20 } as object },
        [
            "failover.tll: there is no such setting; there are ttl, loopWait, retryTimeout, guard, suspectAfter, " +
                "checks.inter, checks.fastinter, checks.rise, checks.fall",
        ],
    ],
    [
        { databases: [{ name: "My-DB", owner: "o" }] },
        ['databases[0].name: got "My-DB"; allowed are 1 to 63 of a-z, 0-9 and _, no digit first'],
    ],
    [
        { databases: [{ name: "template1", owner: "pg_monitor" }] },
        [
            'databases[0].name: got "template1"; the system uses this name itself',
            'databases[0].owner: got "pg_monitor"; the system uses this name itself',
        ],
    ],
    [
        { databases: [{ name: "a" }, { name: "a", owner: "b" }, { name: "c", owner: "b" }] },
        [
            'databases[1].name: got "a"; another database has the same',
            'databases[2].owner: got "b"; another database has the same',
        ],
    ],
    [
        { nodes: [], failover: { ttl: 1 }, parameters: { port: "1" } },
        [
            "nodes: got 0; a primary needs a replica: from 2 nodes",
            "failover.ttl: got 1; allowed are whole seconds from 20",
            'parameters.port: got "1"; it cannot be set here: Patroni decides it',
        ],
    ],
])("%j", (change, problems) => {
    expect(postgresProblems({ ...good, ...change })).toEqual(problems);
});

/** A database's resources are named after it: these would be a second resource of the same name. */
test.each(["settings", "pgpass", "superuser", "rewind", "restapi"])(
    "no database may be named %s, as a resource of PatroniPostgres is",
    (name) => {
        expect(postgresProblems({ ...good, databases: [{ name, owner: "shop" }] })).toEqual([
            `databases[0].name: got "${name}"; the system uses this name itself`,
        ]);
    },
);

test.each([
    ["work_mem", "64MB", []],
    ["auto_explain.log_min_duration", "1s", []],
    [
        "fsync",
        "off",
        [
            'parameters.fsync: got "off"; it cannot be set here: ' +
                "a commit that was acknowledged must survive the loss of a machine",
        ],
    ],
    [
        "synchronous_commit",
        "remote_apply",
        [
            'parameters.synchronous_commit: got "remote_apply"; it cannot be set here: ' +
                "a commit that was acknowledged must survive the loss of a machine",
        ],
    ],
    [
        "Work-Mem",
        "1MB",
        [
            'parameters.Work-Mem: got "1MB"; its name is none of PostgreSQL\'s: lower-case, as in its manual',
        ],
    ],
    [
        "max_connections",
        "10",
        ['parameters.max_connections: got "10"; allowed are whole numbers from 25'],
    ],
    [
        "work_mem",
        "1MB\nport = 1",
        [
            'parameters.work_mem: got "1MB\\nport = 1"; allowed are up to 1000 printable ASCII characters',
        ],
    ],
])("parameter %s = %j", (name, value, problems) => {
    expect(parameterProblems({ [name]: value })).toEqual(problems);
});
