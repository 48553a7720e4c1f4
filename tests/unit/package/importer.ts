import type * as RuntimeConfig from "@pulumi/pulumi/runtime/config";
import * as pulumi from "@pulumi/pulumi";
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
    /** The same when all of it is used: proof that both would have been seen. */
    used: { registered: number; read: string[] };
}

async function main(): Promise<void> {
    const installed = createRequire(join(process.cwd(), "index.js"));
    const read: string[] = [];
    const config = installed("@pulumi/pulumi/runtime/config") as typeof RuntimeConfig;
    Object.assign(config, { getConfig: (key: string) => void read.push(key) });

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
        used: { registered: used.length, read },
    };
    console.log(JSON.stringify(result));
}

void main();
