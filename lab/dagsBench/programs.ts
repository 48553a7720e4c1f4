import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { diskOf } from "../cloud/index.ts";
import type { Cluster } from "../faults/cluster.ts";
import { placed } from "../faults/programs.ts";
import { linesOf } from "../faults/records.ts";
import { root } from "../root.ts";

/** Where the programs and what they note are, on each node. */
export const state = "/var/lib/bench-dags";

export function nodeSource(file: string): string {
    return readFileSync(join(root, "lab", "dagsBench", "nodes", file), "utf8");
}

/** Puts save.py and receive.py on every node, as units that do what their JSON file says. */
export async function placePrograms(cluster: Cluster): Promise<void> {
    const unit = (program: string) => `[Unit]
Description=npm run bench -- dags: ${program}
StartLimitIntervalSec=0

[Service]
Environment=HOME=/root
ExecStart=/usr/bin/python3 ${state}/${program}.py
ExecStopPost=/bin/sh -c 'echo "$SERVICE_RESULT" >${state}/${program}.ended'

[Install]
WantedBy=multi-user.target
`;
    const programs = ["save", "receive"].flatMap((program) => [
        placed(`${state}/${program}.py`, nodeSource(`${program}.py`)),
        placed(`/etc/systemd/system/bench-dags-${program}.service`, unit(program)),
    ]);
    await cluster.onAll(
        [
            "set -e",
            `mkdir -p ${state}/tasks`,
            `chown airflow:airflow ${state}/tasks`,
            ...programs,
            "systemctl daemon-reload",
        ].join("\n"),
    );
}

/** Ends and removes them. What a way has noted of its packages stays for the way. */
export async function removePrograms(cluster: Cluster): Promise<void> {
    await cluster.onAll(`for program in save receive; do
    systemctl --quiet disable --now bench-dags-$program.service 2>/dev/null
    rm -rf /etc/systemd/system/bench-dags-$program.service ${state}/$program*
done
systemctl daemon-reload
rm -rf ${state}/tasks /var/log/airflow/dag_id=bench_dags_*
rmdir ${state} 2>/dev/null || :`);
}

/** The script that gives a program its task and forgets what it had noted before. */
export function taskScript(program: "save" | "receive", task: object): string {
    return `set -e
systemctl stop bench-dags-${program}
rm -f ${state}/${program}d.tsv ${state}/${program}.ended
${placed(`${state}/${program}.json`, JSON.stringify(task))}
`;
}

/** The lines of a file of the programs, from the node's disk: no login takes time that is measured. */
export function noted(node: string, file: string): string[][] {
    const path = join(diskOf(node), state, file);
    return existsSync(path) ? linesOf(readFileSync(path, "utf8")) : [];
}
