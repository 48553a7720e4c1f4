import { changesOf } from "../../../scripts/ci/changes";
import { parseEvents } from "../../../scripts/ci/events";
import { warningsOf } from "../../../scripts/ci/rules";
import { recordProgram } from "../../helpers/program";
import { file, preview, script, secret, type Step } from "./events";

jest.setTimeout(60_000);

/** `name: warning` of each step that is warned of. */
function warned(steps: Step[]): string[] {
    const changes = changesOf(parseEvents(preview(steps)));
    return warningsOf(changes).map(({ change, warning }) => `${change.name}: ${warning}`);
}

describe("of the real program", () => {
    let steps: (op: string) => Step[];

    beforeAll(async () => {
        const registered = await recordProgram("dev");
        expect(registered.length).toBeGreaterThan(200);
        steps = (op) =>
            registered
                .filter(({ type }) => type !== "pulumi:pulumi:Stack")
                .map(({ type, name, parent, parentType, inputs }) => {
                    const isChild = parentType.startsWith("airflow-ha:");
                    const component = isChild ? `${parentType.split(":")[2]} ${parent}` : "";
                    return { op, in: component, name, type, before: inputs, after: inputs };
                });
    });

    test("an update of everything is warned of where it restarts something", () => {
        const names = warned(steps("update")).map((line) => line.split(":")[0]);
        expect(names).toEqual([
            ...["fsn1", "hel1", "nbg1"].map((node) => `airflow-${node}-apply`),
            ...["fsn1", "hel1", "nbg1"].map((node) => `etcd-airflow-${node}-start`),
            ...["fsn1", "hel1", "nbg1"].map((node) => `postgres-airflow-${node}-start`),
            ...["fsn1", "hel1", "nbg1"].map((node) => `rabbit-airflow-${node}-apply`),
        ]);
    });

    test("a deletion of everything is warned of where something is lost", () => {
        const names = warned(steps("delete")).map((line) => line.split(":")[0]);
        expect(names).toEqual([
            "airflow-fernet-key",
            "etcd",
            ...["fsn1", "hel1", "nbg1"].map((node) => `etcd-airflow-${node}-start`),
            ...["fsn1", "hel1", "nbg1"].map((node) => `airflow-${node}-server`),
            "postgres",
            ...["fsn1", "hel1", "nbg1"].map((node) => `postgres-airflow-${node}-start`),
            "rabbit",
            ...["fsn1", "hel1", "nbg1"].map((node) => `rabbit-airflow-${node}-start`),
            "rabbit-cookie",
        ]);
    });

    test("nothing warns of a stack that is made", () => {
        expect(warned(steps("create"))).toEqual([]);
    });
});

describe("PostgreSQL's parameters", () => {
    const cluster = (parameters: string) =>
        file("/c.yml", `bootstrap:\n  dcs:\n    postgresql:\n      parameters: {${parameters}}\n`);
    const steps = (before: object, after: object): Step[] => [
        {
            op: "update",
            in: "PatroniPostgres postgres",
            name: "postgres-a-cluster",
            before: { ...before },
            after: { ...after },
        },
        {
            op: "update",
            in: "PatroniPostgres postgres",
            name: "postgres-settings",
            before: script("MEMBERS='a'", "aa"),
            after: script("MEMBERS='a'", "bb"),
        },
    ];

    test("one that a restart takes up is named with both values", () => {
        const before = cluster("shared_buffers: 256MB, work_mem: 4MB");
        const after = cluster("shared_buffers: 512MB, work_mem: 8MB, wal_buffers: 16MB");
        expect(warned(steps(before, after))).toEqual([
            "postgres-settings: PostgreSQL restarts, replicas first, one node after the other, for " +
                "shared_buffers 256MB → 512MB, wal_buffers (default) → 16MB",
        ]);
    });

    test("one that is reloaded is not warned of", () => {
        expect(warned(steps(cluster("work_mem: 4MB"), cluster("work_mem: 8MB")))).toEqual([]);
    });

    test("where they are not to be seen, a restart is possible", () => {
        expect(warned(steps(file("/c.yml", secret), file("/c.yml", secret)))).toEqual([
            "postgres-settings: PostgreSQL may restart: its settings are not known here",
        ]);
    });
});

test("Airflow's units are restarted only by the script that is told to", () => {
    const step = (name: string, restart: string): Step => ({
        op: "update",
        in: "AirflowNode a",
        name,
        before: script(`RESTART='${restart}' WORKER_STOP_TIMEOUT='600'`, "aa"),
        after: script(`RESTART='${restart}' WORKER_STOP_TIMEOUT='600'`, "bb"),
    });
    expect(warned([step("a-start", "no"), step("a-apply", "yes")])).toEqual([
        "a-apply: Airflow's units with changed files restart, one node after the other; " +
            "running tasks get 600 s to end",
    ]);
});
