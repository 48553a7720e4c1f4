import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The lab's name; several labs live side by side under different names. */
export const labName = readLabName(process.env.LAB_NAME ?? "default");

/** What every lab and every checkout shares: the machine image, the Pulumi CLI. Safe to delete. */
export const cacheDir = process.env.LAB_CACHE_DIR ?? join(homedir(), ".cache", "airflow-ha");

/** All that belongs to this lab and goes with `lab -- down`: machines' disks, the stack's state, keys. */
export const stateDir = join("/var/lib/airflow-ha-lab", labName);

/** Pulumi's configuration file for the lab's stack, where it is not Pulumi.lab.yaml. */
export const configFile = readConfigFile(process.env.LAB_CONFIG);

function readConfigFile(file: string | undefined): string | undefined {
    if (file && !existsSync(file)) {
        console.error(`error: LAB_CONFIG: there is no file ${file}`);
        process.exit(2);
    }
    return file;
}

function readLabName(name: string): string {
    if (!/^[a-z][a-z0-9]{0,9}$/.test(name)) {
        console.error(
            `error: LAB_NAME: got "${name}"; allowed are 1 to 10 lower-case letters and digits, a letter first`,
        );
        process.exit(2);
    }
    return name;
}
