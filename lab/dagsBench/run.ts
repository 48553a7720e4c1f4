import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as cloud from "../cloud/index.ts";
import { Cluster } from "../faults/cluster.ts";
import { exclusively } from "../lock.ts";
import { stackOutputs } from "../outputs.ts";
import { firstTasks, forgetFirstTasks } from "./firstTask.ts";
import { catchUp, idleCpu, powerOffAwaiting, saveTimes, type Saves } from "./measure.ts";
import { plot } from "./plot.ts";
import { placePrograms, removePrograms } from "./programs.ts";
import { summaryOf } from "./records.ts";
import { table } from "./report.ts";
import { forJson, type WayResult } from "./results.ts";
import { deployDags } from "./stackDags.ts";
import { rolesOf, type Way } from "./way.ts";
import { allWays, chosenWays } from "./ways.ts";

export interface DagsBenchOptions {
    /** Names of the ways to measure. */
    ways: string[];
    /** How many saves with all nodes up, and as many with one off. */
    saves: number;
    /** How many files are saved at once while a node is off. */
    missed: number;
    /** Where dags.json and dags.svg go. */
    out: string;
    signal: AbortSignal;
}

/** Measures one way after the other on the lab that is up. Gives whether all of it could be measured. */
export async function runDagsBench(options: DagsBenchOptions): Promise<boolean> {
    const outputs = await stackOutputs();
    if (outputs.nodes.length < 3 || outputs.nodes.some(({ meshAddress }) => meshAddress === "")) {
        throw new Error("three nodes in a mesh are needed: this lab is not up yet (npm run lab)");
    }
    const ways = chosenWays(options.ways);
    return exclusively("bench dags", async () => {
        const cluster = new Cluster(outputs, options.signal);
        // Cleaning up goes on after an interruption.
        const uninterrupted = new Cluster(outputs, new AbortController().signal);
        const results: WayResult[] = [];
        await mkdir(options.out, { recursive: true });
        try {
            say("what an earlier run may have left is removed");
            await restore(cluster);
            await placePrograms(cluster);
            for (const way of ways) {
                results.push(await measured(cluster, uninterrupted, way, options));
                await write(results, cluster, options);
            }
        } finally {
            say("cleaning up");
            await restore(uninterrupted);
        }
        console.log(table(results));
        for (const { title, figures, failed } of results) {
            for (const line of [...figures, ...(failed === undefined ? [] : [`NOT ${failed}`])]) {
                console.log(`${title}: ${line}`);
            }
        }
        console.log(`${options.out}/dags.{json,svg}`);
        return results.every(({ failed }) => failed === undefined);
    });
}

/** One way, from its installation to its removal. What cannot be measured ends this way, not the others. */
async function measured(
    cluster: Cluster,
    uninterrupted: Cluster,
    way: Way,
    options: DagsBenchOptions,
): Promise<WayResult> {
    const result: WayResult = { name: way.name, title: way.title, figures: [] };
    try {
        await cluster.awaitHealthy("the lab is healthy", 300);
        await measure(cluster, way, options, result);
    } catch (error) {
        cluster.throwIfInterrupted();
        result.failed = reasonOf(error);
        say(`${way.name}: no more of it is measured: ${result.failed}`);
    } finally {
        await powerOn(uninterrupted);
        say(`${way.name}: removed`);
        await way.remove(uninterrupted);
    }
    return result;
}

async function measure(
    cluster: Cluster,
    way: Way,
    { saves, missed }: DagsBenchOptions,
    result: WayResult,
): Promise<void> {
    const { saver, third } = rolesOf(cluster);
    const others = cluster.nodes.filter((node) => node !== saver.name);
    const living = others.filter((node) => node !== third.name);
    const run = Date.now();
    const one = (what: string): Saves => ({
        ...{ prefix: `${run}-${what}-`, batches: saves, size: 1, period: 0.3 },
    });
    const many: Saves = { prefix: `${run}-back-`, batches: 1, size: missed, period: 0 };
    const told = (what: string, seconds: number[]) => {
        const { p50, p99, missing } = summaryOf(seconds);
        say(
            `${way.name}: ${what}: p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s, ${missing} late`,
        );
        return forJson(seconds);
    };

    say(`${way.name}: prepared`);
    await way.prepare(cluster);
    await cluster.awaitHealthy("the lab is healthy", 300);
    const trial = { ...one("trial"), batches: 1 };
    const { arrived } = await saveTimes(cluster, way, saver.name, others, trial);
    if (arrived[0] === Infinity) {
        throw new Error("the first file did not come to all nodes");
    }
    say(`${way.name}: CPU time of an idle minute`);
    result.idleCpu = await idleCpu(cluster, way);
    const up = await saveTimes(cluster, way, saver.name, others, one("up"));
    result.allUp = told("all nodes up", up.arrived);
    if (way.runs) {
        result.firstTask = told("first tasks", await firstTasks(cluster, way, saver.name));
    }

    if ((await cluster.primary()) === third.name) {
        // What is measured is not a failover.
        await cluster.switchTo(saver.name);
    }
    await powerOffAwaiting(cluster, way, third.name, many);
    await cluster.await("there is a primary", () => cluster.primary([saver.name]));
    const down = await saveTimes(cluster, way, saver.name, living, one("down"));
    result.oneDown = told("one node off", down.arrived);
    const bulk = await saveTimes(cluster, way, saver.name, living, many);
    told(`${missed} files at once, one node off`, bulk.arrived);
    result.catchUp = await catchUp(cluster, third, many.batches * many.size);
    const { all, sshd, arrived: back } = result.catchUp;
    say(
        `${way.name}: back: sshd after ${sshd.toFixed(1)} s, ${back} files after ${all?.toFixed(1) ?? "600"} s`,
    );
    if (way.command !== undefined) {
        result.figures.push(taken("all nodes up", up.taken), taken("one node off", down.taken));
    }
    result.figures.push(...((await way.figures?.(cluster, saver.name)) ?? []));
}

/** Of a way with a command, after which who saves knows that it counts. */
function taken(when: string, seconds: number[]): string {
    const { p50, p99 } = summaryOf(seconds);
    return `${when}: acknowledged after p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s`;
}

/** The lab as it was, whatever state the last run left it in. */
async function restore(cluster: Cluster): Promise<void> {
    await powerOn(cluster);
    await removePrograms(cluster);
    // Files are removed from the folder that csync2 watches, where that is the stack's own.
    await deployDags();
    for (const way of allWays) {
        await way.remove(cluster);
    }
    await removePrograms(cluster);
    await forgetFirstTasks(cluster, allWays);
}

/** All nodes are on and let log in. */
async function powerOn(cluster: Cluster): Promise<void> {
    const { servers } = await cloud.cloudStatus();
    for (const { name, power } of servers) {
        if (power === "off") {
            await cloud.powerOn(name);
        }
    }
    await cluster.await("all nodes let log in", async () => (await cluster.onAll("true")).length);
}

async function write(results: WayResult[], { nodes }: Cluster, { out, saves }: DagsBenchOptions) {
    const all = { cores: availableParallelism(), nodes, saves, results };
    await writeFile(join(out, "dags.json"), JSON.stringify(all, null, 2));
    await writeFile(join(out, "dags.svg"), plot(results));
}

function reasonOf(error: unknown): string {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message} (${cause.message})` : message;
}

function say(what: string): void {
    console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
}
