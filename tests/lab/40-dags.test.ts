import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, healthy, lab, nodes, on, onAll, tryOn, type Node } from "../helpers/lab";
import { airflowApi, outputs, runToEnd, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(10 * 60_000);

const folder = "/srv/airflow/dags";
const [first, second, third] = nodes;
const services = "csync2.socket dag-sync";
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
});

function dag(name: string): string {
    return readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8");
}

function reads(name: string, text: string): Promise<true> {
    return eventually(`"${text}" on all nodes`, async () => {
        const read = await onAll(`cat ${folder}/${name} 2>/dev/null || echo gone`);
        return nodes.every((node) => read[node].trim() === text) ? true : undefined;
    });
}

test("a file that is saved, changed and deleted on one node is so on the others", async () => {
    const everywhere = (text: string) => reads("sub/note.txt", text);
    await on(second, `mkdir -p ${folder}/sub && echo one >${folder}/sub/note.txt`);
    await everywhere("one");
    await on(third, `echo two >${folder}/sub/note.txt`);
    await everywhere("two");
    await on(first, `rm -r ${folder}/sub`);
    await everywhere("gone");
});

test("of a file that two nodes change apart the younger version wins, and the other one is kept", async () => {
    const name = "both.txt";
    await on(first, `echo common >${folder}/${name}`);
    await reads(name, "common");
    await on(third, `systemctl stop ${services}`);
    try {
        const older = `touch --date="10 seconds ago" ${folder}/${name}`;
        await on(third, `echo the other one >${folder}/${name} && ${older}`);
        await on(first, `echo the first >${folder}/${name}`);
    } finally {
        await on(third, `systemctl start ${services}`);
    }
    // Also on the second node, to which the other one may have come meanwhile.
    await reads(name, "the first");
    expect(await on(third, "grep --recursive . /var/lib/csync2/backup")).toContain("the other one");
    const journal = await on(first, "journalctl --unit=dag-sync --since=-3min --output=cat");
    expect(journal).toContain(`${folder}/${name}: changed here and on ${third}`);
    await on(second, `rm ${folder}/${name}`);
    await reads(name, "gone");
});

test("a save that its node's power cut ends is not sent: what the others have comes back, and it is kept", async () => {
    const path = `${folder}/cut.txt`;
    const has = (node: Node, text: string) =>
        eventually(`${node} has the ${text} one`, async () =>
            (await on(node, `cat ${path}`)) === `${text}\n` ? true : undefined,
        );
    // What was saved is still owed to the second node then.
    await on(second, `systemctl stop ${services}`);
    try {
        await on(third, `echo whole >${path}`);
        await has(first, "whole");
        // Somebody writes it in place, and has not closed it yet.
        await on(third, `systemd-run --quiet bash -c 'exec >${path}; echo half; sleep infinity'`);
        await has(third, "half");
        await lab(["stop", third]);
    } finally {
        // It waits for what it lacks, which the third node has.
        await on(second, `systemctl start --no-block ${services}`);
    }
    await lab(["start", third]);
    await eventually(`${third} is ready`, () => on(third, "systemctl is-active dag-sync"));
    await reads("cut.txt", "whole");
    const journal = await on(third, "journalctl --boot --unit=dag-sync --output=cat");
    const kept = /cut\.txt: the power went before it was saved; it is kept as (\S+),/.exec(journal);
    expect(await on(third, `cat ${kept?.[1]}`)).toBe("half\n");
    await on(second, `rm ${path}`);
    await reads("cut.txt", "gone");
    await healthy();
});

test("a volume that is not what the folder was on passes for no deletion, and takes nothing", async () => {
    const name = "stays.txt";
    await on(first, `echo one >${folder}/${name}`);
    await reads(name, "one");
    await on(third, `systemctl stop dag-sync && mount -t tmpfs none ${folder}`);
    try {
        expect((await tryOn(third, "systemctl start dag-sync")).code).not.toBe(0);
        const journal = await on(third, "journalctl --unit=dag-sync --since=-1min --output=cat");
        expect(journal).toContain(
            `${folder} was on what is mounted at /, and is on what is mounted at ${folder}`,
        );
        await on(first, `echo two >${folder}/${name}`);
        await eventually(`${third} is sent it`, async () => {
            const status = await on(first, "cat /run/dag-sync/status.json");
            return status.includes(`"${third}": {"behind": 1,`) ? true : undefined;
        });
        expect(await on(third, `ls --almost-all ${folder}`)).toBe("");
    } finally {
        await on(third, `umount ${folder}`);
    }
    await reads(name, "two");
    await on(second, `rm ${folder}/${name}`);
    await reads(name, "gone");
});

test("a DAG with thirty mapped tasks succeeds and runs on all three nodes", async () => {
    await on(second, `cat >${folder}/lab_spread.py <<'DAG'\n${dag("lab_spread")}\nDAG`);
    const api = airflowApi(stack, third);
    const { run, state } = await runToEnd(api, "lab_spread");
    expect(state).toBe("success");
    const tasks = await api.tasks("lab_spread", run);
    expect(tasks).toHaveLength(30);
    expect([...new Set(tasks.map(({ hostname }) => hostname))].sort()).toEqual([...nodes].sort());
});

test("a task's log is read through any node", async () => {
    const api = airflowApi(stack, first);
    const { run, state } = await runToEnd(api, "lab_spread");
    expect(state).toBe("success");
    const tasks = await api.tasks("lab_spread", run);
    for (const host of nodes) {
        const index = tasks.findIndex(({ hostname }) => hostname === host);
        expect(index).toBeGreaterThanOrEqual(0);
        const { map_index: mapIndex } = tasks[index];
        const path = `/dags/lab_spread/dagRuns/${encodeURIComponent(run)}/taskInstances/step/logs/1`;
        const log = JSON.stringify(await api.call("GET", `${path}?map_index=${mapIndex}`));
        expect(log).toContain(host);
        expect(log).not.toMatch(/Could not read served logs/);
    }
});
