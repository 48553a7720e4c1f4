import { now, type Cluster } from "./cluster.ts";
import type { Injected } from "./faults.ts";
import { quantile } from "./gaps.ts";

/** Seconds for which each of the two is watched. */
const watched = 20;

/** As the lab has it: a commit waits for a standby. */
export async function commitsWait(cluster: Cluster): Promise<void> {
    await cluster.await("commits shall wait", async () => {
        await setMode(cluster, "quorum");
        return true;
    });
    await cluster.await("commits wait", () => waits(cluster, true), 240, 1);
}

/** No fault, with and then without a standby that commits wait for: what a commit and a task cost. */
export function baseline(cluster: Cluster): Promise<Injected> {
    const at = now();
    let [synchronous, alone, restored] = [at, at, at];
    return Promise.resolve({
        at,
        hold: async () => {
            await cluster.last(watched);
            synchronous = now();
            await setMode(cluster, "off");
            await cluster.await("no commit waits", () => waits(cluster, false), 60, 1);
            alone = now();
            await cluster.last(watched);
            restored = now();
        },
        undo: () => commitsWait(cluster),
        figures: (evidence, until) => [
            `commit with a standby ${times(evidence.commitTimes(at, synchronous))}`,
            `commit without ${times(evidence.commitTimes(alone, restored))}`,
            `a run's first task starts ${seconds(evidence.startDelays(at, until))} after it`,
        ],
    });
}

async function setMode(cluster: Cluster, mode: string): Promise<void> {
    await cluster.onAny(`patronictl edit-config --force --set synchronous_mode=${mode}`);
}

async function waits(cluster: Cluster, any: boolean): Promise<boolean> {
    const shown = await cluster.query("SHOW synchronous_standby_names;");
    return (shown.length > 0 && shown[0][0] !== "") === any;
}

function times(values: number[]): string {
    const ms = (part: number) => (quantile(values, part) * 1000).toFixed(1);
    return `p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms`;
}

function seconds(values: number[]): string {
    return `${quantile(values, 0.5).toFixed(1)} s (median)`;
}
