import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedConfiguration } from "../configuration.ts";
import { runPulumi } from "../pulumi.ts";
import { root } from "../root.ts";
import { configFile } from "../settings.ts";

const patroniDefault = { ttl: 30, loopWait: 10, retryTimeout: 10, guard: false };

/** How others set Patroni and HAProxy, as settings of PatroniPostgres; what they do not set is as it is here. */
export const profiles: Record<string, object> = {
    ours: {},
    // Patroni's own defaults, and the checks of the HAProxy template in its repository.
    "patroni-default": {
        ...patroniDefault,
        checks: { inter: 3000, fastinter: 3000, rise: 2, fall: 3 },
    },
    autobase: { ...patroniDefault, checks: { inter: 3000, fastinter: 1000, rise: 4, fall: 3 } },
    "pigsty-fast": { guard: false, checks: { inter: 1000, fastinter: 500, rise: 3, fall: 3 } },
};

/** Puts a profile into force by `pulumi up`; without a name, the lab's own configuration. */
export async function applyProfile(name?: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "airflow-ha-"));
    try {
        const own = configFile ?? join(root, "Pulumi.lab.yaml");
        const settings = name === undefined ? {} : { failover: profiles[name] };
        const file = changedConfiguration(own, settings, join(folder, "Pulumi.profile.yaml"));
        const quiet = ["--suppress-outputs", "--suppress-progress"];
        if ((await runPulumi(["up", "--yes", "--skip-preview", ...quiet, ...file])) !== 0) {
            throw new Error(`pulumi up with the settings of ${name ?? "the lab"} did not finish`);
        }
    } finally {
        await rm(folder, { recursive: true });
    }
}
