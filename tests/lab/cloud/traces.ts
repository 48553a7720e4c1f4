import { existsSync, readdirSync, readFileSync } from "node:fs";
import { run } from "../../helpers/lab";
import { output } from "./cloud";

/** All that a lab of this name leaves on this computer; nothing when it is gone. */
export async function traces(lab: string): Promise<string[]> {
    const list = async (command: string, ...args: string[]) =>
        (await output(run(command, args))).split("\n");
    const links = await list("ip", "-o", "link");
    const tables = await list("nft", "list", "tables");
    const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
    const groups = mounts
        .map((line) => line.split(" "))
        .filter(([, , type]) => type === "cgroup2")
        .map(([, path]) => `${path}/airflow-ha-lab/${lab}`);
    const nspawn = ["propagate", "locks"].map((each) => `/run/systemd/nspawn/${each}`);
    return [
        ...links.filter((line) => line.includes(`airflow-ha-lab/${lab}`)),
        ...tables.filter((line) => line.endsWith(`airflow_ha_lab_${lab}`)),
        ...mounts.filter((line) => line.includes(`airflow-ha-lab/${lab}/`)),
        ...[...groups, `/var/lib/airflow-ha-lab/${lab}/cloud`].filter(existsSync),
        ...nspawn
            .filter(existsSync)
            .flatMap((each) => readdirSync(each))
            .filter((name) => name.startsWith(`${lab}-`)),
        ...processes(lab),
    ];
}

function processes(lab: string): string[] {
    const read = (path: string) => {
        try {
            return readFileSync(path, "utf8");
        } catch {
            return ""; // ended meanwhile
        }
    };
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => read(`/proc/${pid}/cmdline`) !== "") // has ended; its parent has not noticed yet
        .filter(
            (pid) =>
                read(`/proc/${pid}/cgroup`).includes(`airflow-ha-lab/${lab}/`) ||
                read(`/proc/${pid}/environ`).includes(`AIRFLOW_HA_LAB_DAEMON=${lab}\0`),
        )
        .map((pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
}
