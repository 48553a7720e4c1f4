import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { changedConfiguration } from "../configuration.ts";
import { forgetOutputs } from "../outputs.ts";
import { runPulumi } from "../pulumi.ts";
import { root } from "../root.ts";
import { configFile, stateDir } from "../settings.ts";
import { dagsSetting } from "./dagsSetting.ts";

const file = configFile ?? join(root, "Pulumi.lab.yaml");

/** What `deployDags` has given the stack last; undefined while that is what an earlier run has left. */
let deployed: string | undefined;

/** The stack's own setting. */
export function ownDags(): Record<string, unknown> | undefined {
    return dagsSetting(readFileSync(file, "utf8"));
}

/** Gives the stack another setting `dags`, or its own again, by `pulumi up`; the caller holds the lab's lock. */
export async function deployDags(dags = ownDags()): Promise<void> {
    const wanted = JSON.stringify(dags ?? {});
    if (wanted === deployed) {
        return;
    }
    deployed = undefined;
    const changed = join(stateDir, "bench-dags.yaml");
    const settings = dags === undefined ? {} : { dags };
    const up = ["up", "--yes", "--skip-preview", "--suppress-outputs"];
    try {
        await forgetOutputs();
        if ((await runPulumi([...up, ...changedConfiguration(file, settings, changed)])) !== 0) {
            throw new Error("pulumi up did not finish");
        }
    } finally {
        await rm(changed, { force: true });
    }
    deployed = wanted;
}
