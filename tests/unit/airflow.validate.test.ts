import { airflowProblems, type AirflowSettings } from "../../components/airflow";

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
