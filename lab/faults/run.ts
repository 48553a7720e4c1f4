import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { exclusively } from "../lock.ts";
import { stackOutputs } from "../outputs.ts";
import { stateDir } from "../settings.ts";
import { down, up } from "../stack.ts";
import { brokerWorkload } from "./brokerWorkload.ts";
import { Cluster, now } from "./cluster.ts";
import { dagWorkload } from "./dagWorkload.ts";
import { Evidence } from "./evidence.ts";
import { mend, type Fault, type Injected } from "./faults.ts";
import { plot } from "./plot.ts";
import { applyProfile } from "./profiles.ts";
import { makeFolder, removePrograms } from "./programs.ts";
import { table } from "./report.ts";
import { isClean, resultsOf, type Result, type Window } from "./results.ts";
import { sqlWorkload } from "./sqlWorkload.ts";

export interface RunOptions {
    faults: Fault[];
    repeat: number;
    /** Whose settings are put into force, one after the other; with none, those of the lab stay. */
    profiles: string[];
    /** Where faults.json and faults.svg go. */
    out: string;
    signal: AbortSignal;
}

interface Happened {
    window: Window;
    /** Not there when it could not be put in. */
    injected?: Injected;
}

/** Gives whether nothing was lost and nothing doubled. */
export async function runFaults(options: RunOptions): Promise<boolean> {
    const own = !existsSync(stateDir);
    try {
        if (own) {
            await up();
        }
        return await exclusively("faults", () => onLab(options));
    } finally {
        if (own) {
            await down();
        }
    }
}

async function onLab(options: RunOptions): Promise<boolean> {
    const { profiles, out, signal } = options;
    const outputs = await stackOutputs();
    const cluster = new Cluster(outputs, signal);
    // Cleaning up goes on after an interruption.
    const uninterrupted = new Cluster(outputs, new AbortController().signal);
    const happened: Happened[] = [];
    const began = now();
    await mkdir(out, { recursive: true });
    try {
        say("what an earlier run may have left is removed");
        await restore(cluster);
        await cluster.awaitHealthy("the lab is healthy");
        await startWorkloads(cluster);
        const broken = await putInAll(cluster, options, happened).catch((error: Error) => {
            cluster.throwIfInterrupted();
            say(`no more faults are put in: ${reasonOf(error)}`);
            return error;
        });
        say("the runs that have begun end");
        const last = await dagWorkload.finish(cluster);
        const clean = await conclude(cluster, happened, { began, last }, out);
        if (broken !== undefined && clean) {
            throw broken;
        }
        return clean;
    } finally {
        say("cleaning up");
        await restore(uninterrupted);
        if (profiles.length > 0) {
            await applyProfile();
        }
    }
}

/** All faults, with the lab's own settings or with those of each profile. */
async function putInAll(
    cluster: Cluster,
    { faults, repeat, profiles }: RunOptions,
    happened: Happened[],
): Promise<void> {
    for (const profile of profiles.length > 0 ? profiles : [undefined]) {
        if (profile !== undefined) {
            say(`the settings of ${profile}`);
            // Each node's new settings wait for the tasks that run on it.
            await dagWorkload.pause(cluster, true);
            await applyProfile(profile);
            await dagWorkload.pause(cluster, false);
        }
        for (const fault of faults) {
            const name = profile === undefined ? fault.name : `${fault.name} (${profile})`;
            for (let repetition = 1; repetition <= repeat; repetition++) {
                const last = await putIn(cluster, { ...fault, name }, repetition);
                happened.push(last);
                // The next fault would find a cluster that is not what it is said to break.
                if (last.window.failed !== undefined) {
                    say(`${fault.id} did not end well: ${last.window.failed}`);
                    return;
                }
                sayResult(resultsOf([last.window], cluster.nodes, await collect(cluster))[0]);
            }
        }
    }
}

async function startWorkloads(cluster: Cluster): Promise<void> {
    const began = now();
    await makeFolder(cluster);
    await sqlWorkload.start(cluster);
    await brokerWorkload.start(cluster);
    await dagWorkload.start(cluster);
    await cluster.await("all workloads run", () => cluster.acknowledged(cluster.nodes, began));
    say(`all workloads run after ${(now() - began).toFixed(0)} s`);
}

/** The lab as it was, whatever state the last run left it in. */
async function restore(cluster: Cluster): Promise<void> {
    await mend(cluster);
    await cluster.await("DAGs, tables and queue are gone", async () => {
        await dagWorkload.remove(cluster);
        await removePrograms(cluster);
        await Promise.all([sqlWorkload.remove(cluster), brokerWorkload.remove(cluster)]);
        return true;
    });
}

async function putIn(cluster: Cluster, fault: Fault, repetition: number): Promise<Happened> {
    const { id, name } = fault;
    say(`${id} ${name}`);
    const about = { fault: id, name, repetition };
    let window: Window = { ...about, at: now(), until: Infinity, down: [], kills: [] };
    let injected: Injected | undefined;
    try {
        injected = await fault.inject(cluster);
        const { at, down = [], kills = [], after } = injected;
        window = { ...window, at, down, kills };
        try {
            await injected.hold?.();
        } finally {
            await injected.undo?.();
        }
        await untilWhole(cluster, Math.max(at + 1, now()), at);
        window.until = now();
        if (after) {
            await after();
            await untilWhole(cluster, now(), at);
        }
    } catch (error) {
        cluster.throwIfInterrupted();
        const what = injected ? "" : "could not be put in: ";
        window.failed = `${what}${reasonOf(error)}`;
        window.until = Math.min(window.until, now());
    }
    return { window, injected };
}

function sayResult({ fault, whole, gap, lost }: Result): void {
    say(
        `${fault} whole after ${whole.toFixed(0)} s; gap ${gap.rows.toFixed(1)} s (rows), ` +
            `${gap.messages.toFixed(1)} s (messages); so far lost ${lost.rows} rows`,
    );
}

/** Rows and messages on every node, a task that has started since the fault, and every part healthy. */
async function untilWhole(cluster: Cluster, since: number, at: number): Promise<void> {
    const { nodes } = cluster;
    await cluster.await("all clients are served", () => cluster.acknowledged(nodes, since), 300);
    await cluster.awaitHealthy("all is healthy", 300);
    await cluster.await("a task has started", () =>
        dagWorkload.attempts(cluster).some(({ started }) => started > at),
    );
}

/** While clients run, their files are read first: what is stored after that is not missed then. */
async function collect(cluster: Cluster, lastRun = Infinity): Promise<Evidence> {
    const rows = sqlWorkload.attempts(cluster);
    const messages = brokerWorkload.attempts(cluster);
    const tasks = dagWorkload.attempts(cluster);
    const rowsFound = await sqlWorkload.found(cluster);
    const runs = await dagWorkload.runs(cluster);
    const later = runs
        .filter(({ queued = 0 }) => queued > lastRun)
        .map(({ run, dag }) => dag + run);
    return new Evidence({
        rows,
        rowsFound,
        messages,
        messagesFound: brokerWorkload.found(cluster),
        plan: dagWorkload.plan,
        runs: runs.filter(({ run, dag }) => !later.includes(dag + run)),
        tasks: tasks.filter(({ run, dag }) => !later.includes(dag + run)),
        primaries: sqlWorkload.primaries(cluster),
    });
}

/** What a node that cannot be reached has still to deliver counts as lost. */
async function endClients(cluster: Cluster): Promise<void> {
    const stop = "systemctl stop lab-faults-sql lab-faults-publish";
    const ends = cluster.nodes.map((node) => cluster.on(node, stop));
    try {
        await Promise.allSettled(ends);
        await brokerWorkload.drained(cluster);
    } catch (error) {
        cluster.throwIfInterrupted();
        say(`not all messages were delivered: ${reasonOf(error)}`);
    }
}

async function conclude(
    cluster: Cluster,
    happened: Happened[],
    { began, last }: { began: number; last: number },
    out: string,
): Promise<boolean> {
    await endClients(cluster);
    const evidence = await collect(cluster, last);
    const cancelled = await sqlWorkload.cancelledWaits(cluster, began);
    const windows = happened.map(({ window, injected }) => ({
        ...window,
        problems: injected?.problems?.(evidence, window.until),
    }));
    const results = resultsOf(windows, cluster.nodes, evidence);
    const notes = happened.map(
        ({ injected, window }) => injected?.figures?.(evidence, window.until) ?? [],
    );
    const { rows, messages } = evidence.records;
    await writeFile(join(out, "faults.svg"), plot(results, cluster.nodes, { rows, messages }));
    await writeFile(
        join(out, "faults.json"),
        JSON.stringify(
            {
                cores: availableParallelism(),
                nodes: cluster.nodes,
                acknowledged: totals(evidence),
                results: results.map((result, index) => ({ ...result, figures: notes[index] })),
                books: details(evidence, results),
                cancelled,
            },
            null,
            2,
        ),
    );
    console.log(table(results));
    results.forEach((result, index) => {
        for (const note of notesOf(result, notes[index])) {
            console.log(`${result.fault}: ${note}`);
        }
    });
    for (const line of cancelled) {
        console.log(`MUST NOT BE: ${line}`);
    }
    const { rows: r, messages: m, runs: n } = totals(evidence);
    console.log(`${r} rows, ${m} messages and ${n} runs in the books; ${out}/faults.{json,svg}`);
    return results.every(isClean) && cancelled.length === 0;
}

function notesOf(result: Result, figures: string[]): string[] {
    const { problems = [] } = result;
    return [
        ...(result.failed === undefined ? [] : [`NOT whole: ${result.failed}`]),
        ...problems.map((problem) => `MUST NOT BE: ${problem}`),
        ...figures,
        ...(result.spentRuns > 0
            ? [
                  `${result.spentRuns} runs failed whose task's own process was ended and that had no retry left`,
              ]
            : []),
        ...(result.repeatedTasks > 0
            ? [`${result.repeatedTasks} tasks without a retry began again after their end`]
            : []),
        ...(result.unexplainedTasks > 0
            ? [
                  `${result.unexplainedTasks} attempts at tasks ended without a fault that explains it`,
              ]
            : []),
    ];
}

function totals(evidence: Evidence): { rows: number; messages: number; runs: number } {
    return {
        rows: evidence.rowBooks().acknowledged,
        messages: evidence.messageBooks().acknowledged,
        runs: evidence.records.runs.length,
    };
}

/** Whatever is not as it should be, one by one. */
function details(evidence: Evidence, windows: Window[]): object {
    const [rows, messages] = [evidence.rowBooks(), evidence.messageBooks()];
    const { lost, spent, doubled, cut, unexplained, repeated } = evidence.taskBooks(windows);
    return {
        rows: { lost: rows.lost, doubled: rows.doubled, unexplained: rows.unexplained },
        messages: { lost: messages.lost, unexplained: messages.unexplained },
        tasks: { lost, spent, doubled, cut, unexplained, repeated },
    };
}

function reasonOf(error: unknown): string {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message} (${cause.message})` : message;
}

function say(what: string): void {
    console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);
}
