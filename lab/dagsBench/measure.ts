import { connect } from "node:net";
import * as cloud from "../cloud/index.ts";
import { now, type Cluster } from "../faults/cluster.ts";
import { noted, taskScript } from "./programs.ts";
import { cpuSeconds, deadline, delays, timesOf } from "./records.ts";
import type { CatchUp } from "./results.ts";
import type { LabNode, Way } from "./way.ts";

/** `batches` times `size` files, whose names begin with `prefix`; about `period` seconds from batch to batch. */
export interface Saves {
    prefix: string;
    batches: number;
    size: number;
    period: number;
}

/** Seconds between two looks of a receiver at single saves, and at many files at once. */
const lookPeriod = 0.005;
const bulkLookPeriod = 0.05;

/** Minutes without a change in which CPU time is counted. */
const idleMinutes = 1;

export interface SaveTimes {
    /** Seconds until all receivers had it, Infinity for one that was not in time. */
    arrived: number[];
    /** Seconds that saving itself took, with the way's command. */
    taken: number[];
}

/** Has a node save; gives the times of each save. */
export async function saveTimes(
    cluster: Cluster,
    way: Way,
    saver: string,
    receivers: string[],
    saves: Saves,
): Promise<SaveTimes> {
    const count = saves.batches * saves.size;
    const interval = saves.size === 1 ? lookPeriod : bulkLookPeriod;
    const receive = receiveScript(way, saves.prefix, count, interval);
    await Promise.all(
        receivers.map((node) => cluster.on(node, `${receive}systemctl start bench-dags-receive`)),
    );
    const lines = await save(cluster, way, saver, saves);
    const saved = timesOf(lines);
    const end = Math.max(...saved.values()) + deadline;
    const received = (node: string) => noted(node, "received.tsv");
    const all = () => receivers.every((node) => received(node).length === count) || now() > end;
    await cluster.await("the saves are there or late", all, deadline + 60, 0.5);
    await Promise.all(
        receivers.map((node) => cluster.on(node, "systemctl stop bench-dags-receive")),
    );
    return {
        arrived: delays(
            saved,
            receivers.map((node) => timesOf(received(node))),
        ),
        taken: lines.map(([, began, ended]) => Number(ended) - Number(began)),
    };
}

/** A save that fails is no measurement: the error says why it did. */
async function save(cluster: Cluster, way: Way, saver: string, saves: Saves): Promise<string[][]> {
    const task = { ...saves, folder: way.folder, command: way.command ?? "" };
    const started = now();
    await cluster.on(saver, `${taskScript("save", task)}systemctl start bench-dags-save`);
    // No way is expected to take ten seconds for one save.
    const patience = saves.batches * 10 + 120;
    const ended = () => noted(saver, "save.ended").at(0)?.[0];
    const outcome = await cluster.await("all is saved", ended, patience, 0.5);
    if (outcome !== "success") {
        const journal = `journalctl --unit=bench-dags-save --since=@${Math.floor(started)} --no-pager --output=cat`;
        throw new Error(`saving failed on ${saver}: ${(await cluster.on(saver, journal)).trim()}`);
    }
    return noted(saver, "saved.tsv");
}

function receiveScript(way: Way, prefix: string, count: number, interval: number): string {
    return taskScript("receive", { ...way.appears, prefix, count, interval });
}

/** Powers a node off that, when it is back, notes from its boot on when it has each of the files. */
export async function powerOffAwaiting(
    cluster: Cluster,
    way: Way,
    node: string,
    { prefix, batches, size }: Saves,
): Promise<void> {
    const receive = receiveScript(way, prefix, batches * size, bulkLookPeriod);
    await cluster.on(node, `${receive}systemctl --quiet enable bench-dags-receive`);
    await cloud.powerOff(node);
}

/** Powers that node on and waits until it has all files, for ten minutes. */
export async function catchUp(cluster: Cluster, back: LabNode, files: number): Promise<CatchUp> {
    const node = back.name;
    const began = now();
    await cloud.powerOn(node);
    await cluster.await(`${node}'s sshd answers`, () => sshdAnswers(back), 240, 0.1);
    const sshd = now() - began;
    const all = () => noted(node, "received.tsv").length === files || now() > began + 600;
    await cluster.await(`${node} has all files`, all, 660, 0.5);
    const times = [...timesOf(noted(node, "received.tsv")).values()];
    await cluster.on(node, "systemctl --quiet disable --now bench-dags-receive");
    const arrived = times.length;
    return {
        ...{ files, arrived, sshd },
        ...(arrived === files ? { all: Math.max(...times) - began } : {}),
    };
}

/** Seconds of CPU on all nodes together in a minute in which nothing is saved. */
export async function idleCpu(cluster: Cluster, way: Way): Promise<number> {
    const script = way.units
        .map((unit) => `systemctl show --property CPUUsageNSec --value '${unit}'`)
        .join("\n");
    const sum = async () =>
        (await cluster.onAll(script)).reduce((total, lines) => total + cpuSeconds(lines), 0);
    const before = await sum();
    await cluster.last(idleMinutes * 60);
    return ((await sum()) - before) / idleMinutes;
}

/** Does sshd name itself? A machine that boots answers nothing at first, so it is asked often and not for long. */
function sshdAnswers({ publicAddress: host, sshPort: port }: LabNode): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host, port, timeout: 500 });
        const end = (answer: boolean) => {
            socket.destroy();
            resolve(answer);
        };
        socket.on("data", () => end(true));
        socket.on("timeout", () => end(false));
        socket.on("error", () => end(false));
        socket.on("close", () => end(false));
    });
}
