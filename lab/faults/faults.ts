import * as cloud from "../cloud/index.ts";
import { baseline, commitsWait } from "./baseline.ts";
import { now, type Cluster } from "./cluster.ts";
import { dagWorkload } from "./dagWorkload.ts";
import { diskFull, mendDisk } from "./diskFull.ts";
import { editedDags, mendEdits } from "./editedDags.ts";
import type { Evidence } from "./evidence.ts";

/** A fault that has been put in. */
export interface Injected {
    /** Just before. */
    at: number;
    /** Nodes that it takes away: the gap is that of the others. */
    down?: string[];
    /** Nodes whose task processes it ends. */
    kills?: string[];
    /** Until it has had its effect, or for as long as it is to last. */
    hold?: () => Promise<void>;
    /** Takes it back; what nobody has to take back has none. */
    undo?: () => Promise<void>;
    /** What is still to be put in order when all is whole: not part of what is measured. */
    after?: () => Promise<void>;
    /** What only this fault has to say. */
    figures?: (evidence: Evidence, until: number) => string[];
    /** What must not be, in words: that the fault had no effect, or more than it may. */
    problems?: (evidence: Evidence, until: number) => string[];
}

export interface Fault {
    id: number;
    name: string;
    inject(cluster: Cluster): Promise<Injected>;
}

export const faults: Fault[] = [
    { id: 0, name: "none", inject: baseline },
    { id: 1, name: "planned switchover", inject: switchover },
    { id: 2, name: "postmaster of the primary killed", inject: postmasterKilled },
    { id: 3, name: "primary's machine powered off, on again", inject: powerCut },
    { id: 4, name: "primary cut off the network, healed", inject: cutOff },
    { id: 5, name: "primary loses etcd's ports for 40 s", inject: withoutEtcdPorts },
    { id: 6, name: "two etcd members stopped for 30 s", inject: withoutEtcdMajority },
    { id: 7, name: "primary's Patroni stopped (SIGSTOP) for 40 s", inject: patroniStopped },
    { id: 8, name: "postmaster of a synchronous standby killed", inject: standbyKilled },
    { id: 9, name: "broker of the queue's leader killed", inject: brokerKilled },
    { id: 10, name: "a scheduler and a worker killed", inject: schedulerAndWorkerKilled },
    { id: 11, name: "primary's data disk full for 30 s", inject: diskFull },
    { id: 12, name: "two machines off for 20 s, on again", inject: twoOff },
    { id: 13, name: "DAGs edited during 8, 9 and on both sides of a cut", inject: editedDags },
    { id: 14, name: "primary's Patroni restarted", inject: patroniRestarted },
];

/** Takes back whatever any fault may have left, on a lab of which nothing is known. */
export async function mend(cluster: Cluster): Promise<void> {
    const { servers } = await cloud.cloudStatus();
    for (const { name, power, cut } of servers) {
        if (power === "off") {
            await cloud.powerOn(name);
        }
        if (cut) {
            await cloud.heal(name);
        }
    }
    await Promise.all(
        cluster.nodes.map((node) =>
            cluster.await(`${node} is mended`, async () => {
                await cluster.on(node, mendScript);
                return true;
            }),
        ),
    );
    await commitsWait(cluster);
}

const mendScript = `nft delete table inet lab_faults 2>/dev/null
systemctl kill --kill-whom=main --signal=CONT patroni
systemctl start etcd
${mendDisk}
${mendEdits}
systemctl is-active --quiet patroni || systemctl start patroni
:`;

async function switchover(cluster: Cluster): Promise<Injected> {
    const [candidate] = await cluster.replicas();
    const at = now();
    await cluster.switchTo(candidate);
    return { at };
}

/** What a planned reboot of the primary's machine begins with. Which node is the primary after it is a race. */
async function patroniRestarted(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const at = now();
    await cluster.on(primary, "systemctl restart patroni");
    return { at };
}

async function postmasterKilled(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const at = now();
    await cluster.killPostmaster(primary);
    return { at };
}

async function powerCut(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const others = cluster.nodes.filter((node) => node !== primary);
    await longTaskOn(cluster, primary);
    const at = now();
    await cloud.powerOff(primary);
    return {
        at,
        down: [primary],
        kills: [primary],
        hold: () => serving(cluster, others),
        undo: () => cloud.powerOn(primary),
        figures: (evidence, until) => [evidence.restarts(at, until)],
    };
}

async function cutOff(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const others = cluster.nodes.filter((node) => node !== primary);
    const at = now();
    let healed = Infinity;
    const late = (evidence: Evidence) =>
        evidence.commits(primary, evidence.firstCommit(others, at + 1), healed);
    await cloud.cut(primary);
    return {
        at,
        down: [primary],
        kills: [primary],
        hold: () => serving(cluster, others),
        undo: async () => {
            healed = now();
            await cloud.heal(primary);
        },
        figures: (evidence, until) => [
            `${late(evidence)} rows acknowledged on the isolated side after the promotion`,
            evidence.restarts(at, until),
        ],
        problems: (evidence) =>
            late(evidence) === 0 ? [] : ["acknowledged on both sides of the cut"],
    };
}

async function withoutEtcdPorts(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const rules = ["sport", "dport"].map((side) => `tcp ${side} { 2379, 2380 } drop;`).join(" ");
    const table = ["input", "output"].map(
        (hook) => `chain ${hook} { type filter hook ${hook} priority -50; ${rules} }`,
    );
    let reached = false;
    const at = now();
    await cluster.on(primary, `nft 'table inet lab_faults { ${table.join("; ")}; }'`);
    return {
        at,
        hold: async () => {
            await cluster.last(40);
            reached = await etcdAnswers(cluster, primary);
        },
        undo: async () => {
            await cluster.on(primary, "nft delete table inet lab_faults");
        },
        figures: (evidence, until) => [evidence.twoPrimaries(at, until)],
        problems: () => (reached ? ["etcd answered the primary all the same"] : []),
    };
}

async function withoutEtcdMajority(cluster: Cluster): Promise<Injected> {
    const stopped = await cluster.replicas();
    const onStopped = async (verb: string) => {
        await Promise.all(stopped.map((node) => cluster.on(node, `systemctl ${verb} etcd`)));
    };
    const primary = await cluster.primary();
    let reached = false;
    const at = now();
    await onStopped("stop");
    return {
        at,
        hold: async () => {
            await cluster.last(30);
            reached = await etcdAnswers(cluster, primary);
        },
        undo: () => onStopped("start"),
        problems: () => (reached ? ["etcd had a majority all the same"] : []),
    };
}

async function etcdAnswers(cluster: Cluster, node: string): Promise<boolean> {
    const asked = "timeout 5 etcdctl endpoint health >/dev/null 2>&1 && echo yes || echo no";
    return (await cluster.on(node, asked)).trim() === "yes";
}

async function patroniStopped(cluster: Cluster): Promise<Injected> {
    const primary = await cluster.primary();
    const send = async (signal: string) => {
        await cluster.on(primary, `systemctl kill --kill-whom=main --signal=${signal} patroni`);
    };
    const at = now();
    await send("STOP");
    await cluster.on(primary, stopped);
    return {
        at,
        hold: () => cluster.last(40),
        undo: () => send("CONT"),
        figures: (evidence, until) => [evidence.twoPrimaries(at, until)],
    };
}

const stopped = `grep --quiet '^State:.T' /proc/$(systemctl show --property=MainPID --value patroni)/status`;

async function standbyKilled(cluster: Cluster): Promise<Injected> {
    const standby = await cluster.standby();
    const at = now();
    await cluster.killPostmaster(standby);
    return { at };
}

async function brokerKilled(cluster: Cluster): Promise<Injected> {
    const leader = await cluster.queueLeader();
    const at = now();
    await cluster.kill(leader, "rabbitmq-server");
    return { at };
}

async function schedulerAndWorkerKilled(cluster: Cluster): Promise<Injected> {
    const worker = await longTaskOn(cluster);
    const scheduler = cluster.nodes.find((node) => node !== worker) ?? worker;
    const [[job]] = await cluster.query(
        `SELECT max(id) FROM job WHERE job_type = 'SchedulerJob' AND state = 'running' AND hostname = '${scheduler}';`,
    );
    const at = now();
    await Promise.all([
        cluster.kill(scheduler, "airflow-scheduler"),
        cluster.kill(worker, "airflow-worker"),
    ]);
    const orphans = `SELECT count(*) FROM task_instance WHERE queued_by_job_id = ${job}
AND state IN ('queued', 'running', 'scheduled', 'restarting');`;
    const [[count]] = await cluster.query(orphans);
    const adopted = cluster
        .await("adoption", async () => Number((await cluster.query(orphans))[0][0]) === 0, 240, 3)
        .then(
            () =>
                `${count} tasks of the dead scheduler adopted or ended after ${(now() - at).toFixed(0)} s`,
        )
        .catch(() => `${count} tasks of the dead scheduler were not adopted`);
    let said = "adoption was not awaited";
    void adopted.then((answer) => (said = answer));
    return {
        at,
        kills: [worker],
        figures: (evidence, until) => [said, evidence.restarts(at, until)],
    };
}

async function twoOff(cluster: Cluster): Promise<Injected> {
    const off = await cluster.replicas();
    const left = cluster.nodes.filter((node) => !off.includes(node));
    const at = now();
    await Promise.all(off.map(cloud.powerOff));
    const down = now();
    let on = Infinity;
    const meanwhile = (evidence: Evidence) =>
        evidence.commits(left[0], down, on) + evidence.confirms(left[0], down, on);
    return {
        at,
        down: off,
        kills: off,
        hold: () => cluster.last(20),
        undo: async () => {
            on = now();
            await Promise.all(off.map(cloud.powerOn));
        },
        figures: (evidence, until) => [
            `${meanwhile(evidence)} rows and messages acknowledged while both were down`,
            evidence.restarts(at, until),
        ],
        problems: (evidence) =>
            meanwhile(evidence) === 0 ? [] : ["acknowledged by one machine alone"],
    };
}

/** Until each of the nodes has had a row acknowledged that only another primary can have taken. */
async function serving(cluster: Cluster, nodes: string[]): Promise<void> {
    const since = now();
    await cluster.await("another primary serves", () =>
        cluster.acknowledged(nodes, since, ["sql"]),
    );
    await cluster.awaitPrimary((node) => nodes.includes(node), nodes);
}

/** A node, or the given one, on which a long task has just begun. */
async function longTaskOn(cluster: Cluster, node?: string): Promise<string> {
    const begun = () =>
        dagWorkload
            .attempts(cluster)
            .find(
                (each) =>
                    each.task === "long" &&
                    each.ended === undefined &&
                    now() - each.last < 3 &&
                    now() - each.started < 25 &&
                    (node === undefined || each.node === node),
            )?.node;
    return cluster.await(`a long task runs on ${node ?? "any node"}`, begun, 180);
}
