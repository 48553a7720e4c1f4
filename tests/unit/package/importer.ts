import type * as RuntimeConfig from "@pulumi/pulumi/runtime/config";
import * as pulumi from "@pulumi/pulumi";
import type * as fs from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as AirflowHa from "../../../components";
import { everything } from "../../helpers/everything.ts";
import { record } from "../../helpers/mocks.ts";

/** What package.test.ts wants to know of the package that is installed in the working directory. */
export interface Import {
    exported: string[];
    /** What the import registered, and which settings it read. */
    registered: string[];
    read: string[];
    /** The same when all of it is used: proof that both would have been seen. And which of its scripts it read then. */
    used: { registered: number; read: string[]; scripts: string[] };
}

async function main(): Promise<void> {
    const installed = createRequire(join(process.cwd(), "index.js"));
    const read: string[] = [];
    const config = installed("@pulumi/pulumi/runtime/config") as typeof RuntimeConfig;
    Object.assign(config, { getConfig: (key: string) => void read.push(key) });

    const scripts = watchScripts(installed("node:fs") as typeof fs);

    const imported = await record(() => installed("airflow-ha"));
    const readByImport = [...read];
    const airflowHa = installed("airflow-ha") as typeof AirflowHa;
    const used = await record(() => {
        new pulumi.Config("package").get("setting");
        everything(airflowHa, "all");
    });
    const result: Import = {
        exported: Object.keys(airflowHa).sort(),
        registered: imported.map(({ type, name }) => `${type} ${name}`),
        read: readByImport,
        used: { registered: used.length, read, scripts: [...scripts].sort() },
    };
    console.log(JSON.stringify(result));
}

/** Notes the package's scripts that are read from here on, by their paths in it. */
function watchScripts(files: typeof fs): Set<string> {
    const seen = new Set<string>();
    const read = files.readFileSync;
    const watched = (...args: Parameters<typeof read>) => {
        const [, script] = /\/airflow-ha\/(scripts\/[^/]+)$/.exec(String(args[0])) ?? [];
        if (script) {
            seen.add(script);
        }
        return read(...args);
    };
    Object.assign(files, { readFileSync: watched });
    return seen;
}

void main();
