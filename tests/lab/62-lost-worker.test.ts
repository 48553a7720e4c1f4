import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, lab, nodes, on, tryLab, type Node } from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(15 * 60_000);

const notes = "/var/lib/airflow/lab_patient.txt";
let stack: Outputs;

interface Attempt {
    state: string;
    hostname: string;
    try_number: number;
    start_date: string;
}

beforeAll(async () => {
    stack = await outputs();
    for (const name of ["lab_patient", "lab_spread"]) {
        const dag = readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8");
        await on(nodes[0], `cat >/srv/airflow/dags/${name}.py <<'DAG'\n${dag}\nDAG`);
    }
});

/** The attempts of the only task of lab_patient; asked on a node that is up. */
async function attempts(run: string, asked: Node): Promise<Attempt[]> {
    const path = `/dags/lab_patient/dagRuns/${encodeURIComponent(run)}/taskInstances/wait/tries`;
    const answer = await airflowApi(stack, asked).call("GET", path);
    return (answer as { task_instances: Attempt[] }).task_instances;
}

/** Starts the task; gives its run, where it runs, and the other nodes. */
async function started() {
    const api = airflowApi(stack, nodes[0]);
    const run = await eventually("a run of lab_patient", () => api.trigger("lab_patient"));
    const { hostname } = await eventually("its task", async () =>
        (await attempts(run, nodes[0])).find(({ state }) => state === "running"),
    );
    const host = nodes.find((node) => node === hostname) ?? nodes[0];
    return { run, host, others: nodes.filter((node) => node !== host) };
}

/** The first second of the second attempt, which runs elsewhere. */
async function second(run: string, asked: Node): Promise<{ host: string; at: number }> {
    const attempt = await eventually("the second attempt", async () =>
        (await attempts(run, asked)).find(
            ({ state, try_number: number }) => state === "running" && number === 2,
        ),
    );
    return { host: attempt.hostname, at: Date.parse(attempt.start_date) / 1000 };
}

async function succeeds(run: string, asked: Node): Promise<void> {
    await eventually(
        "success",
        async () => {
            const state = await airflowApi(stack, asked).runState("lab_patient", run);
            return state === "success" ? true : undefined;
        },
        4 * 60_000,
    );
}

function healthy(): Promise<boolean> {
    return eventually(
        "all is healthy",
        async () => {
            const { code, stdout } = await tryLab(["status"]);
            if (code !== 0) {
                throw new Error(stdout);
            }
            return true;
        },
        5 * 60_000,
    );
}

test("a machine without power: its task runs elsewhere within 60 s, its ended tasks' logs can be read", async () => {
    const spread = await runToEnd(airflowApi(stack, nodes[0]), "lab_spread");
    const { run, host, others } = await started();
    const ended = await airflowApi(stack, nodes[0]).tasks("lab_spread", spread.run);
    const { map_index: index = NaN } = ended.find(({ hostname }) => hostname === host) ?? {};
    const off = Date.now() / 1000;
    await lab(["stop", host]);

    const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(spread.run)}/taskInstances/step/logs/1`;
    for (const other of others) {
        const answer = await airflowApi(stack, other).call("GET", `${path}?map_index=${index}`);
        const log = JSON.stringify(answer);
        expect(log).toContain(`.log@${host}`);
        expect(log).toContain(`step ${index} is done`);
    }
    const { host: next, at } = await second(run, others[0]);
    expect(others).toContain(next);
    console.log(`started elsewhere ${(at - off).toFixed(1)} s after the power cut`);
    expect(at - off).toBeLessThan(60);
    await succeeds(run, others[0]);
    await lab(["start", host]);
    await healthy();
});

test("a machine off the network ends its task before that is started elsewhere", async () => {
    const { run, host, others } = await started();
    const cut = Date.now() / 1000;
    await lab(["cut", host]);
    const { at } = await second(run, others[0]);
    await succeeds(run, others[0]);
    await lab(["heal", host]);
    const noted = await eventually("its notes", () => on(host, `grep -F '${run} ' ${notes}`));
    const last = Math.max(
        ...noted
            .trim()
            .split("\n")
            .map((line) => Number(line.split(" ")[1])),
    );
    console.log(
        `ended there after ${(last - cut).toFixed(1)} s, started elsewhere after ${(at - cut).toFixed(1)} s`,
    );
    expect(last).toBeLessThan(at);
    await healthy();
});

test.each(["scheduler", "dag-processor", "triggerer", "api-server", "worker"])(
    "a %s that hangs is restarted",
    async (part) => {
        const unit = `airflow-${part}`;
        const pid = () => on(nodes[1], `systemctl show --property MainPID --value ${unit}`);
        const hung = await pid();
        await on(nodes[1], `kill -STOP ${hung}`);
        const asked = Date.now();
        await eventually(
            "another process",
            async () => ((await pid()) === hung ? undefined : true),
            4 * 60_000,
        );
        console.log(`${part} restarted after ${((Date.now() - asked) / 1000).toFixed(0)} s`);
        await healthy();
    },
);
