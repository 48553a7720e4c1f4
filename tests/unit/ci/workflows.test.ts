import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../helpers/root";

interface Workflow {
    on: Record<string, unknown>;
    permissions: Record<string, string>;
    jobs: Record<string, Job>;
}

interface Job {
    permissions?: Record<string, string>;
    environment?: string;
    strategy?: { matrix: { environment: string[] } };
    concurrency?: { "cancel-in-progress": boolean };
}

function text(name: string): string {
    return readFileSync(join(root, ".github/workflows", `${name}.yml`), "utf8");
}

/** What a job's token may do, and the events for which it gets one. */
test.each([
    ["preview", ["pull_request"], { contents: "read", "pull-requests": "write" }],
    ["up", ["push"], { contents: "read" }],
    ["drift", ["schedule", "workflow_dispatch"], { contents: "read", issues: "write" }],
])("%s has these rights and no others", (name, events, permissions) => {
    const workflow = parse(text(name)) as Workflow;
    expect(Object.keys(workflow.on)).toEqual(events);
    expect(workflow.permissions).toEqual(permissions);
    const more = Object.values(workflow.jobs).map((job) => job.permissions ?? {});
    expect(more.flatMap((rights) => Object.keys(rights))).toEqual([]);
});

test.each(["preview", "drift"])("%s runs with the secrets that can only read", (name) => {
    const [job] = Object.values((parse(text(name)) as Workflow).jobs);
    expect(job?.environment).toBe("${{ matrix.environment }}-preview");
    expect(job?.strategy?.matrix.environment).toEqual(["dev", "prod"]);
});

test("an update that is under way is not cancelled by the next one", () => {
    const { jobs } = parse(text("up")) as Workflow;
    expect(Object.values(jobs).map(({ environment }) => environment)).toEqual(["dev", "prod"]);
    for (const { concurrency } of Object.values(jobs)) {
        expect(concurrency?.["cancel-in-progress"]).toBe(false);
    }
});

test("nothing that a pull request's author writes gets into a shell by way of an expression", () => {
    for (const name of ["preview", "up", "drift"]) {
        const { jobs } = parse(text(name)) as {
            jobs: Record<string, { steps: { run?: string }[] }>;
        };
        const runs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ""));
        expect(runs.filter((run) => run.includes("${{"))).toEqual([]);
    }
});
