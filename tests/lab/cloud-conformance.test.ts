import { once } from "node:events";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { eventually } from "../helpers/lab";
import { cloud, installClient, scenario } from "./cloud/cloud";
import { failing } from "./cloud/expect";
import { Key, publicKey, reach } from "./cloud/reach";

jest.setTimeout(5 * 60_000);

const key = new Key();
let at: { endpoint: string; token: string };

beforeAll(async () => {
    await Promise.all([installClient(), cloud("destroyCloud")]);
    at = await cloud("ensureCloud");
}, 15 * 60_000);

afterAll(async () => {
    await cloud("destroyCloud");
    key.remove();
});

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
        left: ["fsn1", "nbg1"],
        soldOut: failing("resource_unavailable"),
        unknownType: null,
    });
});

test("errors: 401, 404, and 422 with all fields at once", async () => {
    const facts = await scenario(at, "errors");
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

    const ssh = (script: string) => key.ssh(server.address, script);
    const power = (command: string) => scenario(at, "power", server.id, command);
    const statusIs = (wanted: string) =>
        eventually(`the server is ${wanted}`, async () =>
            (await scenario(at, "status", server.id)) === wanted ? true : undefined,
        );
    /** Does a connection from the server to this computer come about? */
    const reachesOut = async () => {
        const listener = createServer((socket) => socket.end()).listen(0, "0.0.0.0");
        await once(listener, "listening");
        const { port } = listener.address() as AddressInfo;
        const here = server.address.replace(/\.\d+$/, ".1");
        const script = `timeout 1.5 bash -c '</dev/tcp/${here}/${port}' && echo open || echo silent`;
        try {
            return await ssh(script);
        } finally {
            listener.close();
        }
    };
    /** Another one after each boot. */
    const boot = () =>
        eventually("the server lets us in", () =>
            ssh("systemctl show --property UserspaceTimestampMonotonic"),
        );

    test("is made as asked for", async () => {
        const mine = await key.make();
        const facts = await scenario<typeof server>(at, "create_server", name, mine, userData);
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
        await boot();
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
        const ssh22 = ["in", "tcp", "22"];
        expect(await scenario(at, "firewall", server.id, [ssh22])).toEqual({
            applied: true,
            to: [server.id],
            rules: [["in", "tcp", "22", ["198.18.0.0/15", "::/0"], []]],
            commands: ["apply_firewall"],
        });
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "silent"]);
        // Without an outbound rule all is let out, and its answers in.
        expect(await reachesOut()).toBe("open\n");
        await scenario(at, "firewall", server.id, [ssh22, ["out", "udp", "53"]]);
        expect(await reachesOut()).toBe("silent\n");
        await scenario(at, "firewall", server.id, [ssh22, ["out", "tcp", "any"]]);
        expect(await reachesOut()).toBe("open\n");
        await scenario(at, "firewall", server.id, [["in", "tcp", "8000-8100"]]);
        expect(await reach(server.address, [22, webPort])).toEqual(["silent", "open"]);
        expect(await scenario(at, "firewall", server.id, [])).toEqual({
            inUse: failing("resource_in_use"),
            applied: [],
            left: [],
        });
        expect(await reach(server.address, [22, webPort])).toEqual(["open", "open"]);
    });

    test("is reached through a load balancer, by its address in a private network", async () => {
        interface Facts {
            address: string;
            certificate: string;
        }
        const facts = await scenario<Facts>(at, "balance", server.id, webPort);
        expect(facts).toEqual({
            address: expect.stringMatching(/^198\.18\.\d+\.\d+$/) as unknown,
            certificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) as unknown,
            status: "completed",
            names: ["www.example.com"],
            stray: failing("dns_zone_not_found"),
            wrongSubnet: failing("invalid_input", "ip_range"),
            tooEarly: failing("load_balancer_not_attached_to_network"),
            taken: failing("server_already_attached"),
            private: [["10.77.1.5", "86:00:00:4d:01:05"]],
            members: true,
            record: [facts.address],
        });
        const healthIs = (...wanted: string[]) =>
            eventually(`the target is ${wanted.join()}`, async () =>
                (await scenario<string[]>(at, "balanced")).join() === wanted.join()
                    ? true
                    : undefined,
            );
        const get = () => statusOverHttps(facts, "www.example.com");
        await healthIs("healthy");
        expect(await get()).toBe(200);
        await ssh("systemctl stop web");
        await healthIs("unhealthy");
        expect(await get()).toBe(503);
        await ssh("systemctl start web");
        await healthIs("healthy");
        expect(await scenario(at, "unbalance")).toEqual({
            inUse: failing("resource_in_use"),
            protected: failing("protected"),
            records: 0,
            left: 0,
        });
        expect(await ssh("ip -brief link show eth1 || true")).toBe("");
    });

    test("is powered off, on, reset, rebooted and shut down, and keeps its disk", async () => {
        await ssh("echo kept >/root/file");
        expect(await power("power_off")).toEqual(done("stop_server", "off"));
        expect(await reach(server.address, [22])).toEqual(["silent"]);
        expect(await power("power_on")).toEqual(done("start_server", "running"));
        const first = await boot();
        expect(await power("reset")).toEqual(done("reset_server", "running"));
        const second = await boot();
        expect(second).not.toBe(first);
        await power("reboot");
        await eventually("it has booted anew", async () =>
            (await boot()) === second ? undefined : true,
        );
        expect(await ssh("cat /root/file")).toBe("kept\n");
        await power("shutdown");
        await statusIs("off");
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

    test("is deleted", async () => {
        expect(await scenario(at, "delete_server", server.id)).toEqual({
            gone: failing("not_found"),
            left: [],
            action: "delete_server",
        });
        expect(await reach(server.address, [22])).toEqual(["silent"]);
    });
});

/** The status that a browser gets which knows the lab's authority. */
function statusOverHttps(
    { address, certificate }: { address: string; certificate: string },
    name: string,
): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
        const options = {
            host: address,
            servername: name,
            ca: certificate,
            headers: { Host: name },
        };
        request(options, (answer) => resolve(answer.resume().statusCode))
            .on("error", reject)
            .end();
    });
}

function done(command: string, status: string) {
    return { command, status, last: true };
}
