import { connect } from "node:net";
import { eventually, run } from "../helpers/lab";
import { cloud, cloudLab, inProcess, installClient, output, scenario } from "./cloud/cloud";
import { Key, reach } from "./cloud/reach";
import { traces } from "./cloud/traces";

jest.setTimeout(5 * 60_000);

interface Status {
    servers: { name: string; publicAddress: string; power: string; cut: boolean }[];
}

const name = "machine";
const key = new Key();
let at: { endpoint: string; token: string };
let server: { id: number; address: string };

beforeAll(async () => {
    await Promise.all([installClient(), cloud("destroyCloud")]);
    at = await cloud("ensureCloud");
    server = await scenario(at, "create_server", name, await key.make(), "");
    await booted();
}, 15 * 60_000);

afterAll(async () => {
    await cloud("destroyCloud");
    key.remove();
});

function booted(): Promise<string> {
    return eventually("the machine has booted", () =>
        key.ssh(server.address, "systemctl is-system-running --wait"),
    );
}

async function status() {
    const { servers } = await cloud<Status>("cloudStatus");
    return servers.map(({ power, cut }) => ({ power, cut }));
}

function powerIs(wanted: string): Promise<true> {
    return eventually(`the machine is ${wanted}`, async () =>
        (await status())[0].power === wanted ? true : undefined,
    );
}

test("a machine that is cut off the network is off it both ways, connections that are there too", async () => {
    const open = connect({ host: server.address, port: 22 });
    await new Promise((resolve) => open.once("data", resolve));
    await cloud("cut", name);
    expect(await status()).toEqual([{ power: "on", cut: true }]);
    const answered = new Promise((resolve) => {
        open.once("data", () => resolve("answered"));
        setTimeout(() => resolve("silent"), 1500);
    });
    // A server of SSH that hears this answers at once, and hangs up.
    open.write("no SSH\r\n");
    expect(await answered).toBe("silent");
    open.destroy();
    expect(await reach(server.address, [22])).toEqual(["silent"]);
    await cloud("heal", name);
    expect(await reach(server.address, [22])).toEqual(["open"]);
    expect(await status()).toEqual([{ power: "on", cut: false }]);
});

test("a power cut ends everything at once; what was written is there after power-on", async () => {
    await key.ssh(server.address, "echo kept >/root/file");
    await cloud("powerOff", name);
    expect(await machineProcesses()).toEqual([]);
    expect(await status()).toEqual([{ power: "off", cut: false }]);
    expect(await reach(server.address, [22])).toEqual(["silent"]);
    await cloud("powerOn", name);
    await booted();
    expect(await key.ssh(server.address, "cat /root/file")).toBe("kept\n");
});

test("after a crash of the computer the endpoint is the same and machines are as they were", async () => {
    await crash();
    expect(await cloud("ensureCloud")).toEqual(at);
    await booted();
    expect(await key.ssh(server.address, "cat /root/file")).toBe("kept\n");
    // One that powered itself off is not powered on by it.
    await key.ssh(server.address, "systemctl poweroff").catch(() => undefined);
    await powerIs("off");
    await crash();
    await cloud("ensureCloud");
    expect(await status()).toEqual([{ power: "off", cut: false }]);
    await cloud("powerOn", name);
    await booted();
});

test("when only the daemon dies, machines run on", async () => {
    const before = await machineProcesses();
    await killAll((line) => line.includes("daemon.ts"));
    expect(await status()).toEqual([{ power: "on", cut: false }]);
    expect(await machineProcesses()).toEqual(expect.arrayContaining(before.slice(0, 1)));
});

test("a private interface that has gone with its machine is unplugged without an error", async () => {
    expect(await inProcess("plug.ts", "unplug", "/proc/self/ns/net", 999_999_999)).toBeNull();
});

test("the verbs name the machines that there are", async () => {
    const message = 'no server "nobody"; there are machine';
    for (const verb of ["powerOff", "powerOn", "cut", "heal"]) {
        await expect(cloud(verb, "nobody")).rejects.toThrow(message);
    }
});

test("nothing is left of a cloud, also when its daemon was killed with a machine on", async () => {
    expect((await traces(cloudLab)).length).toBeGreaterThan(3);
    await killAll((line) => line.includes("daemon.ts"));
    await cloud("destroyCloud");
    expect(await traces(cloudLab)).toEqual([]);
});

async function machineProcesses(): Promise<string[]> {
    return (await processes()).filter((line) => !line.includes("daemon.ts"));
}

async function processes(): Promise<string[]> {
    return (await traces(cloudLab)).filter((line) => line.startsWith("process"));
}

/** Takes from this computer what it would lose by a power cut. */
async function crash(): Promise<void> {
    await killAll(() => true);
    await output(run("nft", ["delete", "table", "inet", `airflow_ha_lab_${cloudLab}`]));
}

async function killAll(which: (line: string) => boolean): Promise<void> {
    await eventually("they have ended", async () => {
        const left = (await processes()).filter(which);
        for (const line of left) {
            try {
                process.kill(Number(/\d+/.exec(line)?.[0]), "SIGKILL");
            } catch {
                // It ended with the one before.
            }
        }
        return left.length === 0 ? true : undefined;
    });
}
