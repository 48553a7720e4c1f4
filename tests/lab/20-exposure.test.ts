import { connect } from "node:net";
import { ports } from "../../components/ports";
import { eventually, meshAddresses, nodes, on, onAll, type Node } from "../helpers/lab";
import { outputs, type Outputs } from "../helpers/outputs";

jest.setTimeout(5 * 60_000);

let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
});

const publicPorts = [`tcp ${ports.ssh}`, `tcp ${ports.https}`, `udp ${ports.wireguard}`];

interface Socket {
    protocol: string;
    address: string;
    port: number;
    process: string;
}

async function sockets(node: Node): Promise<Socket[]> {
    const lines = (await on(node, "ss -H -lntup")).trim().split("\n");
    return lines.map((line) => {
        const [protocol, , , , local] = line.split(/\s+/);
        const at = local.lastIndexOf(":");
        return {
            protocol,
            address: local.slice(0, at).replace(/%.*|[[\]]/g, ""),
            port: Number(local.slice(at + 1)),
            process: /"([^"]+)"/.exec(line)?.[1] ?? "",
        };
    });
}

function isLoopback(address: string): boolean {
    return address.startsWith("127.") || address === "::1";
}

test.each(nodes)("every socket of %s is on loopback, in the mesh or on the list", async (node) => {
    const open = (await sockets(node)).filter(
        ({ address }) => !isLoopback(address) && address !== meshAddresses[node],
    );
    const found = new Set(open.map(({ protocol, port }) => `${protocol} ${port}`));
    expect([...found].sort()).toEqual([...publicPorts].sort());
});

test.each(nodes)("each service of %s listens where it should", async (node) => {
    const found = await sockets(node);
    const inMesh = found.filter(({ address }) => address === meshAddresses[node]);
    // Without a domain nothing listens for a load balancer.
    const { postgresPrimary, postgresReplicas, airflowApiLocal, loadBalancer, ...others } = ports;
    expect(found.map(({ port }) => port)).not.toContain(loadBalancer);
    const expected = Object.values(others).filter(
        (port) => !publicPorts.some((each) => each.endsWith(` ${port}`)),
    );
    const mesh = new Set<number>(inMesh.map(({ port }) => port));
    expect([...mesh].sort()).toEqual(expected.sort());
    const loopback = found.filter(({ address }) => isLoopback(address)).map(({ port }) => port);
    expect(loopback).toEqual(
        expect.arrayContaining([postgresPrimary, postgresReplicas, airflowApiLocal]),
    );
});

/** True when something answers there, be it with a refusal: only what a firewall drops is silent. */
function answers(host: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host, port, timeout: 1500 });
        const end = (answer: boolean) => {
            socket.destroy();
            resolve(answer);
        };
        socket.on("connect", () => end(true));
        socket.on("timeout", () => end(false));
        socket.on("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
    });
}

test("from outside only SSH and HTTPS answer over TCP, whatever listens", async () => {
    // One that listens everywhere shows that it is the firewall that keeps it in.
    const listener = 29999;
    const unit = "lab-open-listener";
    const python = `import socket, time; s = socket.create_server(("0.0.0.0", ${listener})); time.sleep(600)`;
    await onAll(`systemd-run --quiet --collect --unit ${unit} python3 -c '${python}'`);
    try {
        for (const { name, publicAddress } of stack.nodes) {
            await eventually("the listener", () => on(name, `ss -H -lnt | grep ${listener}`));
            const listening = (await sockets(name)).map(({ port }) => port);
            const asked = [...new Set([...listening, ...Object.values(ports), listener])];
            const answered = await Promise.all(
                asked.map(async (port) => ((await answers(publicAddress, port)) ? [port] : [])),
            );
            expect(answered.flat().sort()).toEqual([ports.ssh, ports.https]);
        }
    } finally {
        await onAll(`systemctl stop ${unit}`);
    }
});
