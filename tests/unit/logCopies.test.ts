import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../helpers/root";

const folder = mkdtempSync(join(tmpdir(), "airflow-ha-logs-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs airflow-logs-start.sh on a node that has sent a log to each of two peers, among programs that do nothing. */
function start({ enabled }: { enabled: boolean }) {
    const path = mkdtempSync(join(folder, "bin-"));
    const state = mkdtempSync(join(folder, "state-"));
    for (const peer of ["10.90.0.2", "10.90.0.3"]) {
        writeFileSync(join(state, peer), "a log\n");
        writeFileSync(join(state, `${peer}.machine`), "former\n");
    }
    const calls = join(path, "calls");
    const programs = {
        // It says of each call which lists were there.
        systemctl: `[ "$2" = is-enabled ] && exit ${enabled ? 0 : 1}
            echo "$* with $(cd ${state} && echo *.?)" >>${calls}`,
        install: "exit 0",
        "dpkg-query": "printf installed",
    };
    for (const [name, text] of Object.entries(programs)) {
        writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`);
        chmodSync(join(path, name), 0o755);
    }
    const text = ["lib.sh", "airflow-logs-start.sh"].map((file) =>
        readFileSync(join(root, "scripts", file), "utf8"),
    );
    const MACHINES = "10.90.0.2=former 10.90.0.3=anew";
    const env = { PATH: `${path}:${process.env.PATH}`, STATE: state, MACHINES };
    const { status, stderr } = spawnSync("bash", ["-s"], {
        env,
        input: text.join("\n"),
        encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return {
        sender: readFileSync(calls, "utf8")
            .split("\n")
            .filter((line) => line.includes("airflow-log-copies")),
        forgotten: ["10.90.0.2", "10.90.0.3"].filter((peer) => !existsSync(join(state, peer))),
        machine: readFileSync(join(state, "10.90.0.3.machine"), "utf8"),
    };
}

test("what a machine made anew has is forgotten while nothing is sent", () => {
    expect(start({ enabled: true })).toEqual({
        sender: [
            "stop airflow-log-copies with 10.90.0.2 10.90.0.3",
            "start airflow-log-copies with 10.90.0.2",
        ],
        forgotten: ["10.90.0.3"],
        machine: "anew\n",
    });
});

test("on a machine that does not send yet, nothing is stopped or started", () => {
    expect(start({ enabled: false })).toMatchObject({ sender: [], forgotten: ["10.90.0.3"] });
});
