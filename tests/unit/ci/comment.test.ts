import { parseEvents } from "../../../scripts/ci/events";
import { renderComment } from "../../../scripts/ci/render";
import { expectGolden } from "../../helpers/golden";
import { failedPreview, file, preview, script, secret, unknown, type Step } from "./events";

function comment(events: string): string {
    return renderComment(parseEvents(events), {
        stack: "dev",
        whole: "[the job's log](https://log)",
    });
}

const nodes = ["nbg1", "fsn1", "hel1"].map((location) => `airflow-${location}`);

function cluster(maxConnections: number, workMem: string): string {
    return (
        "# Patroni reads bootstrap.dcs only when it founds the cluster.\n" +
        "bootstrap:\n  dcs:\n    ttl: 20\n    postgresql:\n      use_slots: true\n      parameters:\n" +
        `        max_connections: "${maxConnections}"\n        shared_buffers: 256MB\n        work_mem: ${workMem}\n`
    );
}

const patroni = "PatroniPostgres postgres";
const settings: Step[] = [
    ...nodes.map((node) => ({
        op: "update",
        in: patroni,
        name: `postgres-${node}-cluster`,
        before: file("/etc/patroni/airflow-ha/cluster.yml", cluster(300, "4MB")),
        after: file("/etc/patroni/airflow-ha/cluster.yml", cluster(400, "8MB")),
        diffs: ["stdin"],
    })),
    {
        op: "update",
        in: patroni,
        name: "postgres-settings",
        before: script("MEMBERS='a=http://10.90.0.1:8008'", "aa"),
        after: script("MEMBERS='a=http://10.90.0.1:8008'", "bb"),
        diffs: ["update"],
    },
];

const firewall = (sources: string[]) => ({
    __defaults: [],
    name: "airflow",
    rules: [{ description: "SSH", direction: "in", port: "22", sourceIps: sources }],
});

const server = {
    __defaults: ["keepDisk"],
    name: "airflow-nbg1",
    serverType: "cx33",
    userData: secret,
};

const others: Step[] = [
    {
        op: "update",
        in: "HetznerMachines airflow",
        name: "airflow-firewall",
        type: "hcloud:index/firewall:Firewall",
        before: firewall(["203.0.113.0/24"]),
        after: firewall(["203.0.113.0/24", "198.51.100.7/32"]),
        diffs: ["rules"],
    },
    // The order of the engine for deleteBeforeReplace.
    ...["delete-replaced", "replace", "create-replacement"].map((op) => ({
        op,
        in: "HetznerMachines airflow",
        name: "airflow-nbg1-server",
        type: "hcloud:index/server:Server",
        before: server,
        after: { ...server, serverType: "cx43" },
        diffs: ["serverType"],
    })),
    {
        op: "update",
        in: "EtcdCluster etcd",
        name: "etcd-airflow-nbg1-environment",
        before: file("/etc/etcd/member.env", "ETCD_NAME=airflow-nbg1\n"),
        after: { ...file("/etc/etcd/member.env", "ETCD_NAME=airflow-nbg1\n"), update: unknown },
    },
    {
        op: "update",
        in: "EtcdCluster etcd",
        name: "etcd-airflow-nbg1-start",
        before: script("MEMBER='airflow-nbg1'"),
        after: { ...script("MEMBER='airflow-nbg1'"), update: unknown },
    },
    {
        op: "update",
        in: "AirflowNode airflow-nbg1",
        name: "airflow-nbg1-apply",
        before: script("RESTART='yes' UNITS='airflow-worker' WORKER_STOP_TIMEOUT='600'"),
        after: script("RESTART='yes' UNITS='airflow-worker' WORKER_STOP_TIMEOUT='900'"),
    },
    {
        op: "update",
        in: "AirflowNode airflow-nbg1",
        name: "airflow-nbg1-run",
        before: file("/usr/local/lib/airflow-ha/airflow-run", "#!/bin/sh\nexec airflow\n"),
        after: file("/usr/local/lib/airflow-ha/airflow-run", "#!/bin/sh\nexec airflow2\n", [
            "0755",
        ]),
    },
    {
        op: "create",
        in: "DagSync dags",
        name: "dags-airflow-nbg1-config",
        after: file("/etc/csync2.cfg", "group dags\n"),
    },
    {
        op: "delete",
        in: "DagSync dags",
        name: "dags-airflow-nbg1-old",
        before: file("/etc/csync2-old.cfg", "group dags\n"),
    },
];

test("a change of settings: warnings first, then each component with the diffs of its files", () => {
    expectGolden("ci/changes.md", comment(preview([...settings, ...others])));
});

test("the order of the engine's steps does not show", () => {
    const steps = [...settings, ...others];
    expect(comment(preview(steps.toReversed()))).toBe(comment(preview(steps)));
});

test("nothing to do", () => {
    expect(comment(preview([]))).toBe(
        "<!-- airflow-ha preview: dev -->\n**Preview of `dev`: no changes, 200 unchanged**\n",
    );
});

test("a preview that fails shows its errors, without the engine's marks for colours", () => {
    expectGolden(
        "ci/failed.md",
        comment(
            failedPreview("<{%fg 1%}>adminCidrs: got []<{%reset%}>; it must be set", "```\n@all\n"),
        ),
    );
});

test("a preview of which no event is there has failed", () => {
    expect(comment("")).toContain("preview failed");
});

test("a line that is no event is named, but not shown", () => {
    expect(() => comment('{"sequence":0}\npassword\n')).toThrow(
        /^line 2 is no event of Pulumi's engine: it is no JSON$/,
    );
});

test("backticks in a file do not end its block", () => {
    const [path, old, current] = ["/etc/motd", "a\n", "a\n```\n<!-- b -->\n````\n"];
    const text = comment(
        preview([
            {
                op: "update",
                in: "EtcdCluster etcd",
                name: "etcd-motd",
                before: file(path, old),
                after: file(path, current),
            },
        ]),
    );
    expect(text).toContain("\n  `````diff\n");
    expect(text.match(/^ {2}`{5}/gm)).toHaveLength(2);
});

test("a stack's name cannot end the marker", () => {
    expect(() => renderComment([], { stack: "a --> b" })).toThrow(
        '"a --> b" is no name of a stack',
    );
});
