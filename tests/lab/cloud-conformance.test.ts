import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, run } from "../helpers/lab";
import { cloud, cloudLab, installClient, output, scenario } from "./cloud/cloud";
import { traces } from "./cloud/traces";

jest.setTimeout(5 * 60_000);

interface Failure {
    code: string;
    message: string;
    details: { fields: { name: string; messages?: string[] }[] } | null;
}

const folder = mkdtempSync(join(tmpdir(), "cloud-conformance-"));
const keyFile = join(folder, "key");
let at: { endpoint: string; token: string };

beforeAll(async () => {
    await Promise.all([installClient(), cloud("destroyCloud")]);
    await output(run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keyFile]));
    at = await cloud("ensureCloud");
}, 15 * 60_000);

afterAll(async () => {
    await cloud("destroyCloud");
    rmSync(folder, { recursive: true });
});

/** A public key that nobody has the private one of. */
function publicKey(): string {
    const field = (data: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, data.length]), data]);
    const type = "ssh-ed25519";
    const key = Buffer.concat([field(Buffer.from(type)), field(randomBytes(32))]);
    return `${type} ${key.toString("base64")}`;
}

function failing(code: string, ...fields: string[]): unknown {
    const details = fields.map((name) => expect.objectContaining({ name }) as unknown);
    const expected = { code, message: expect.any(String) as unknown };
    return fields.length === 0
        ? expect.objectContaining(expected)
        : { ...expected, details: { fields: details } };
}

test("SSH keys: made, found by name, fingerprint and label, changed, deleted, unique", async () => {
    const facts = await scenario<Record<string, unknown>>(at, "ssh_keys", publicKey(), publicKey());
    expect(facts).toEqual({
        fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/) as unknown,
        byName: true,
        byFingerprint: true,
        labels: { env: "prod", tier: "web" },
        selected: {
            "env=prod": ["renamed"],
            "env!=prod": ["second"],
            "!env": ["second"],
            "tier in (web,db),env": ["renamed"],
            "env notin (prod)": ["second"],
        },
        sameName: failing("uniqueness_error", "name"),
        sameKey: failing("uniqueness_error", "public_key"),
        noKey: failing("invalid_input", "public_key"),
        deleted: true,
        gone: failing("not_found"),
        left: ["second"],
    });
});

test("pages: each item once, and what is told of the others", async () => {
    const keys = Array.from({ length: 5 }, publicKey);
    // "second" of the test before is the first one of all.
    expect(await scenario(at, "pagination", keys)).toEqual({
        pages: [["page-0"], ["page-1", "page-2"], ["page-3", "page-4"]],
        all: ["page-0", "page-1", "page-2", "page-3", "page-4"],
        second: {
            page: 2,
            per_page: 2,
            previous_page: 1,
            next_page: 3,
            last_page: 3,
            total_entries: 6,
        },
        tooMany: failing("invalid_input", "per_page"),
    });
});

test("what is offered", async () => {
    expect(await scenario(at, "catalog")).toEqual({
        locations: ["ash", "fsn1", "hel1", "hil", "nbg1", "sin"],
        image: "debian",
        type: { cores: 4, memory: 8, disk: 80, architecture: "x86" },
        offered: ["fsn1", "hel1", "nbg1"],
        unknownType: null,
    });
});

test("errors: 401, 404, and 422 with all fields at once", async () => {
    const facts = await scenario<Record<string, Failure>>(at, "errors");
    expect(facts).toEqual({
        stranger: failing("unauthorized"),
        noServer: failing("not_found"),
        noRoute: failing("not_found"),
        noBody: failing("invalid_input", "name", "server_type", "image"),
        badRule: failing(
            "invalid_input",
            "rules.0.source_ips.0",
            "rules.0.port",
            "rules.1.source_ips",
        ),
    });
    const statuses = await Promise.all([
        fetch(`${at.endpoint}/servers`),
        fetch(`${at.endpoint}/servers/999999`, bearing()),
        fetch(`${at.endpoint}/servers`, bearing({ method: "POST", body: "{}" })),
        fetch(`${at.endpoint}/servers`, bearing({ method: "POST", body: "{" })),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 404, 422, 400]);
});

function bearing(init: RequestInit = {}): RequestInit {
    return { ...init, headers: { Authorization: `Bearer ${at.token}` } };
}

describe("a server", () => {
    const name = "conformance";
    const webPort = 8080;
    const userData = `#cloud-config
write_files:
  - path: /etc/systemd/system/web.service
    content: |
      [Service]
      ExecStart=/usr/bin/python3 -m http.server ${webPort}
      [Install]
      WantedBy=multi-user.target
runcmd:
  - systemctl enable --now web
`;
    let server: { id: number; address: string };

    const ssh = (script: string) =>
        output(
            run("ssh", [
                ...["-i", keyFile, "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"],
                ...["-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=2"],
                ...[`root@${server.address}`, script],
            ]),
        );
    const power = (command: string) => scenario(at, "power", server.id, command);
    const statusIs = (wanted: string) =>
        eventually(`the server is ${wanted}`, async () =>
            (await scenario(at, "status", server.id)) === wanted ? true : undefined,
        );
    const bootId = () =>
        eventually("the server lets us in", () => ssh("cat /proc/1/sched | head -1; uptime -s"));

    test("is made as asked for", async () => {
        const key = readFileSync(`${keyFile}.pub`, "utf8");
        const facts = await scenario<typeof server>(at, "create_server", name, key, userData);
        expect(facts).toEqual({
            id: expect.any(Number) as unknown,
            address: expect.stringMatching(/^198\.18\.\d+\.\d+$/) as unknown,
            atOnce: "initializing",
            status: "running",
            commands: ["create_server", "start_server"],
            rootPassword: null,
            type: "cx23",
            location: "nbg1",
            disk: 40,
            updated: { test: "updated" },
            sameName: failing("uniqueness_error", "name"),
            elsewhere: failing("invalid_input", "location"),
            badName: failing("invalid_input", "name"),
        });
        server = facts;
    });

    test("lets its owner in, and has run the user data", async () => {
        await bootId();
        const seen = await ssh("cloud-init status --wait; hostname; systemctl is-active web");
        expect(seen.trim().split("\n")).toEqual(["status: done", name, "active"]);
    });

    test("reaches Debian's packages", async () => {
        await ssh(
            "apt-get -qq update && apt-get -qq install --yes tree </dev/null && tree --version",
        );
    });

    test("its firewall lets in what the rules say, at once and no more", async () => {
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "open"]);
        expect(await scenario(at, "firewall", server.id, ["22"])).toEqual({
            applied: true,
            to: [server.id],
            rules: [["tcp", "22", ["198.18.0.0/15", "::/0"]]],
            commands: ["apply_firewall"],
        });
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "silent"]);
        await ssh("apt-get -qq update");
        await scenario(at, "firewall", server.id, ["8000-8100"]);
        expect(await reach(server.address, [22, webPort])).toEqual(["silent", "open"]);
        expect(await scenario(at, "firewall", server.id, [])).toEqual({
            inUse: failing("resource_in_use"),
            applied: [],
            left: [],
        });
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "open"]);
    });

    test("off by the lab's cut is off both ways, also for connections that are there", async () => {
        const open = connect({ host: server.address, port: webPort });
        await new Promise((resolve) => open.once("connect", resolve));
        await cloud("cut", name);
        const answered = new Promise((resolve) => {
            open.once("data", () => resolve("answered"));
            setTimeout(() => resolve("silent"), 1500);
        });
        open.write("GET / HTTP/1.0\r\n\r\n");
        expect(await answered).toBe("silent");
        open.destroy();
        expect(await reach(server.address, [22, webPort])).toEqual(["silent", "silent"]);
        await cloud("heal", name);
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "open"]);
    });

    test("is powered off, on, reset, rebooted and shut down, and keeps its disk", async () => {
        await ssh("echo kept >/root/file");
        expect(await power("power_off")).toEqual(done("stop_server", "off"));
        expect(await reach(server.address, [22])).toEqual(["silent"]);
        expect(await power("power_on")).toEqual(done("start_server", "running"));
        const first = await bootId();
        expect(await power("reset")).toEqual(done("reset_server", "running"));
        const second = await bootId();
        expect(second).not.toBe(first);
        await power("reboot");
        await eventually("it has booted anew", async () =>
            (await bootId()) === second ? undefined : true,
        );
        expect(await ssh("cat /root/file")).toBe("kept\n");
        await power("shutdown");
        await statusIs("off");
    });

    test("stays off or comes back as it was when the daemon and all machines die", async () => {
        await power("power_on");
        await ssh("systemctl is-system-running --wait").catch(() => undefined);
        await killAll();
        at = await cloud("ensureCloud");
        await bootId();
        await power("shutdown");
        await statusIs("off");
        await killAll();
        at = await cloud("ensureCloud");
        expect(await scenario(at, "status", server.id)).toBe("off");
        await power("power_on");
    });

    test("changes its type only while it is off, and is not deleted while it is protected", async () => {
        expect(await scenario(at, "change", server.id)).toEqual({
            running: failing("server_not_stopped"),
            type: "cx33",
            disk: 80,
            protection: { delete: true, rebuild: true },
            kept: failing("protected"),
        });
    });

    test("the lab's verbs name the servers that there are", async () => {
        await expect(cloud("powerOff", "nobody")).rejects.toThrow(
            'no server "nobody"; there are conformance',
        );
    });

    test("is deleted", async () => {
        expect(await scenario(at, "delete_server", server.id)).toEqual({
            gone: failing("not_found"),
            left: [],
            action: "delete_server",
        });
        expect(await reach(server.address, [22])).toEqual(["silent"]);
    });

    test("nothing is left of the cloud, also when its daemon was killed with a server on", async () => {
        const key = publicKey();
        await scenario(at, "create_server", "last", key, "");
        expect(await traces(cloudLab)).not.toEqual([]);
        await killDaemon();
        await cloud("destroyCloud");
        expect(await traces(cloudLab)).toEqual([]);
    });
});

function done(command: string, status: string) {
    return { command, status, last: true };
}

/** What a crash of the computer would end. */
async function killAll(): Promise<void> {
    await killDaemon();
    for (const line of await traces(cloudLab)) {
        kill(line);
    }
    await eventually("all machines have ended", async () =>
        (await traces(cloudLab)).some((line) => line.startsWith("process")) ? undefined : true,
    );
}

async function killDaemon(): Promise<void> {
    (await traces(cloudLab)).filter((line) => line.includes("daemon.ts")).forEach(kill);
}

function kill(trace: string): void {
    const pid = /^process (\d+):/.exec(trace)?.[1];
    if (pid) {
        try {
            process.kill(Number(pid), "SIGKILL");
        } catch {
            // It ended with the one before.
        }
    }
}

/** How each port answers: only what is dropped on the way is silent. */
function reach(host: string, ports: number[]): Promise<string[]> {
    return Promise.all(
        ports.map(
            (port) =>
                new Promise<string>((resolve) => {
                    const socket = connect({ host, port, timeout: 1500 });
                    const end = (answer: string) => {
                        socket.destroy();
                        resolve(answer);
                    };
                    socket.on("connect", () => end("open"));
                    socket.on("timeout", () => end("silent"));
                    socket.on("error", (error: NodeJS.ErrnoException) =>
                        end(error.code === "ECONNREFUSED" ? "closed" : "silent"),
                    );
                }),
        ),
    );
}
