import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";
import { quote } from "../shell.ts";
import { folder, type Cluster } from "./cluster.ts";

const sources = join(root, "lab", "faults", "nodes");

export function source(name: string): string {
    return readFileSync(join(sources, name), "utf8");
}

/** The lines of a shell script that write a file. */
export function placed(path: string, text: string): string {
    return `printf %s ${quote(text)} >${path}`;
}

/** Puts Python files of nodes/ on every node; the first one is run for ever there, also after a power cut. */
export async function startProgram(cluster: Cluster, files: string[]): Promise<void> {
    const name = files[0].replace(/\.py$/, "");
    const unit = `[Unit]
Description=npm run faults: ${name}
StartLimitIntervalSec=0

[Service]
ExecStart=/opt/airflow/current/bin/python ${folder}/${files[0]}
EnvironmentFile=/etc/airflow/secrets.env
EnvironmentFile=${folder}/environment
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
    await cluster.onAll(
        [
            "set -e",
            ...["common.py", ...files].map((file) => placed(`${folder}/${file}`, source(file))),
            placed(`/etc/systemd/system/lab-faults-${name}.service`, unit),
            "systemctl daemon-reload",
            `systemctl --quiet enable --now lab-faults-${name}`,
        ].join("\n"),
    );
}

/** The folder of the workloads' files, and the settings that their programs read. */
export async function makeFolder(cluster: Cluster): Promise<void> {
    const { user, password } = cluster.outputs.credentials.postgres;
    await Promise.all(
        cluster.outputs.nodes.map(async ({ name, meshAddress }) => {
            const environment = `DATABASE=airflow
DATABASE_USER=${user}
DATABASE_PASSWORD=${password}
PRIMARY_PORT=5000
POSTGRES_PORT=5432
MESH_ADDRESS=${meshAddress}
`;
            await cluster.on(
                name,
                `set -e
mkdir -p ${folder}/tasks
chown airflow:airflow ${folder}/tasks
umask 077
${placed(`${folder}/environment`, environment)}`,
            );
        }),
    );
}

/** Ends the programs and removes all files, on every node. */
export async function removePrograms(cluster: Cluster): Promise<void> {
    await cluster.onAll(`cd /etc/systemd/system
for unit in lab-faults-*.service; do
    [[ ! -e $unit ]] || systemctl --quiet disable --now "$unit"
done
rm -f lab-faults-*.service
systemctl daemon-reload
rm -rf ${folder}`);
}
