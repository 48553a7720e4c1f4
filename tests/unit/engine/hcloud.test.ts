import { provider } from "../../../lab/engine/hcloud/provider.ts";
import { FakeCloud } from "./fakeCloud";
import { Plugin, type Resource } from "./plugin";

const serverType = "hcloud:index/server:Server";
const firewallType = "hcloud:index/firewall:Firewall";
const keyType = "hcloud:index/sshKey:SshKey";
const rule = { direction: "in", protocol: "tcp", port: "22", sourceIps: ["192.0.2.0/24"] };

let cloud: FakeCloud;
let plugin: Plugin;

beforeEach(async () => {
    cloud = new FakeCloud();
    const endpoint = await cloud.start();
    plugin = await new Plugin(provider).start({ token: cloud.token, endpoint });
});
afterEach(async () => {
    plugin.stop();
    await cloud.stop();
});

async function machine(extra: Record<string, unknown> = {}) {
    const key = await plugin.create(keyType, { name: "key", publicKey: "ssh-ed25519 AAAA" });
    const firewall = await plugin.create(firewallType, { name: "wall", rules: [rule] });
    const inputs = {
        name: "node",
        location: "nbg1",
        serverType: "cx33",
        image: "debian-13",
        sshKeys: [key.id],
        firewallIds: [Number(firewall.id)],
        userData: "#cloud-config\n",
        ...extra,
    };
    return { key, firewall, inputs, server: await plugin.create(serverType, inputs) };
}

test("makes a server by the calls of the real plugin", async () => {
    const { key, firewall, server } = await machine();

    expect(cloud.calls).toEqual([
        "POST /ssh_keys",
        "POST /firewalls",
        "GET /server_types?name=cx33",
        "GET /images?architecture=x86&include_deprecated=true&name=debian-13",
        `GET /ssh_keys/${key.id}`,
        "POST /servers",
        `GET /servers/${server.id}`,
    ]);
    expect(cloud.bodies.at(-1)).toEqual({
        name: "node",
        server_type: "cx33",
        image: 7,
        location: "nbg1",
        user_data: "#cloud-config\n",
        ssh_keys: [Number(key.id)],
        firewalls: [{ firewall: Number(firewall.id) }],
    });
    expect(server.outputs).toMatchObject({
        ipv4Address: "192.0.2.1",
        ipv6Address: "2001:db8::1",
        ipv6Network: "2001:db8::/64",
        status: "running",
        primaryDiskSize: 80,
        // SHA-1 of the user data in Base64: the state does not repeat what may be secret.
        userData: "wK9leoEi2xH7hUH5D+q3hxwsPXE=",
    });
});

test("sees no change where nothing has changed, after a refresh neither", async () => {
    const { key, firewall, server, inputs } = await machine();
    const read = (await plugin.read(serverType, server)) as Resource;

    expect(read).toEqual(server);
    expect((await plugin.diff(serverType, read, inputs)).changes).toBe("none");
    expect(await plugin.read(keyType, key)).toEqual(key);
    expect(await plugin.read(firewallType, firewall)).toEqual(firewall);
});

test("sees what was changed behind Pulumi's back, and what is gone", async () => {
    const { firewall, server, inputs } = await machine();
    Object.assign(cloud.things.firewalls?.[0] ?? {}, { rules: [] });
    Object.assign(cloud.things.servers?.[0] ?? {}, { labels: { by: "hand" } });

    const wall = (await plugin.read(firewallType, firewall)) as Resource;
    const news = { name: "wall", rules: [rule] };
    expect((await plugin.diff(firewallType, wall, news)).paths).toEqual({ "rules[0]": "ADD" });
    const read = (await plugin.read(serverType, server)) as Resource;
    expect((await plugin.diff(serverType, read, inputs)).paths).toEqual({ labels: "DELETE" });

    cloud.things.servers?.pop();
    expect(await plugin.read(serverType, server)).toBeUndefined();
});

test("takes a firewall's rules in another order as the same ones", async () => {
    const other = { ...rule, port: "443" };
    const firewall = await plugin.create(firewallType, { name: "wall", rules: [rule, other] });
    const there = cloud.things.firewalls?.[0]?.rules as object[];
    there.reverse();

    expect(await plugin.read(firewallType, firewall)).toEqual(firewall);
});

test("replaces for what a server cannot change, and deletes first, for its name is taken", async () => {
    const { server, inputs } = await machine();

    const diff = await plugin.diff(serverType, server, { ...inputs, image: "debian-14" });
    expect(diff).toEqual({
        changes: "some",
        paths: { image: "UPDATE_REPLACE" },
        replaces: ["image"],
        deleteBeforeReplace: true,
    });
    const ignored = await plugin.diff(serverType, server, { ...inputs, userData: "x" }, [
        "userData",
    ]);
    expect(ignored.changes).toBe("none");
});

test("changes a server in place: name, firewalls, protection, type", async () => {
    const { firewall, server, inputs } = await machine();
    const other = await plugin.create(firewallType, { name: "other" });
    cloud.calls.length = 0;

    const news = {
        ...inputs,
        name: "renamed",
        serverType: "cx43",
        firewallIds: [Number(other.id)],
        deleteProtection: true,
    };
    expect((await plugin.diff(serverType, server, news)).replaces).toEqual([]);
    const updated = await plugin.update(serverType, server, news);

    const [a, b] = [firewall.id, other.id];
    expect(cloud.changes).toEqual([
        `PUT /servers/${server.id}`,
        `POST /servers/${server.id}/actions/poweroff`,
        `POST /servers/${server.id}/actions/change_type`,
        `POST /firewalls/${a}/actions/remove_from_resources`,
        `POST /firewalls/${b}/actions/apply_to_resources`,
        `POST /servers/${server.id}/actions/change_protection`,
    ]);
    expect(updated.outputs).toMatchObject({
        name: "renamed",
        serverType: "cx43",
        firewallIds: [Number(b)],
        deleteProtection: true,
    });
});

test("sets a firewall's rules in place", async () => {
    const firewall = await plugin.create(firewallType, { name: "wall", rules: [rule] });
    const news = { name: "wall", rules: [{ ...rule, port: "443" }] };

    const diff = await plugin.diff(firewallType, firewall, news);
    expect(diff).toMatchObject({ paths: { "rules[0].port": "UPDATE" }, replaces: [] });
    await plugin.update(firewallType, firewall, news);
    expect(cloud.changes.at(-1)).toBe(`POST /firewalls/${firewall.id}/actions/set_rules`);
});

test("keeps a server in the state although what follows its creation fails", async () => {
    cloud.actionError = { code: "unknown_error", message: "no host is free" };

    const failed = machine();
    await expect(failed).rejects.toThrow("create_server: no host is free");
    // What the engine needs to keep it travels in the trailer where gRPC puts details of a status.
    const error = (await failed.catch((each: unknown) => each)) as {
        metadata: { get(key: string): Buffer[] };
    };
    const details = error.metadata.get("grpc-status-details-bin").join("");
    expect(details).toContain("pulumirpc.ErrorResourceInitFailed");
    expect(details).toContain(String(cloud.things.servers?.[0]?.id));
});

test("waits for an action to end", async () => {
    cloud.looks = 1;
    const { server } = await machine();

    expect(cloud.calls.slice(-3)).toEqual([
        "GET /actions/1",
        "GET /actions/1",
        `GET /servers/${server.id}`,
    ]);
});

test("tells the API's errors, and tries again what may then succeed", async () => {
    const key = { name: "key", publicKey: "ssh-ed25519 AAAA" };
    cloud.refusals.push(
        { status: 409, code: "conflict" },
        { status: 429, code: "rate_limit_exceeded" },
    );
    await plugin.create(keyType, key);
    expect(cloud.calls).toHaveLength(3);

    await expect(plugin.create(keyType, key)).rejects.toThrow("(uniqueness_error)");
    expect(cloud.calls).toHaveLength(4);
    await expect(
        plugin.create(serverType, { name: "n", serverType: "zz1", image: "debian-13" }),
    ).rejects.toThrow("server type zz1 not found");
});

test("deletes, also what is gone already, and frees a firewall first", async () => {
    const { firewall, server } = await machine();
    await plugin.delete(serverType, server);
    await plugin.delete(serverType, server);
    Object.assign(cloud.things.firewalls?.[0] ?? {}, {
        applied_to: [{ type: "server", server: { id: 1 } }],
    });
    await plugin.delete(firewallType, firewall);

    expect(cloud.changes.slice(-4)).toEqual([
        `DELETE /servers/${server.id}`,
        `DELETE /servers/${server.id}`,
        `POST /firewalls/${firewall.id}/actions/remove_from_resources`,
        `DELETE /firewalls/${firewall.id}`,
    ]);
});

test("makes up a name that stays", async () => {
    const first = await plugin.create(keyType, { publicKey: "ssh-ed25519 AAAA" });

    expect(first.outputs.name).toMatch(/^thing-[0-9a-f]{7}$/);
    expect((await plugin.diff(keyType, first, { publicKey: "ssh-ed25519 AAAA" })).changes).toBe(
        "none",
    );
});

test("names a missing and a wrong token", async () => {
    const endpoint = "http://127.0.0.1:1/v1";
    const token = process.env.HCLOUD_TOKEN;
    delete process.env.HCLOUD_TOKEN;
    try {
        await expect(new Plugin(provider).start({ endpoint })).rejects.toThrow(/hcloud:token/);
    } finally {
        if (token !== undefined) {
            process.env.HCLOUD_TOKEN = token;
        }
    }
    cloud.refusals.push({ status: 401, code: "unauthorized" });
    const key = plugin.create(keyType, { name: "key", publicKey: "ssh-ed25519 AAAA" });
    await expect(key).rejects.toThrow(/the API refuses the token/);
});

test("refuses what it does not implement", async () => {
    await expect(plugin.create("hcloud:index/volume:Volume", { size: 10 })).rejects.toThrow(
        "the stand-in for the hcloud plugin does not implement hcloud:index/volume:Volume",
    );
    const { failures } = await plugin.check(serverType, {
        name: "node",
        serverType: "cx33",
        image: "debian-13",
        backups: true,
    });
    expect(failures).toEqual(["backups: this property is not implemented by the stand-in plugin"]);
    const wall = await plugin.check(firewallType, { rules: [{ ...rule, protocol: "sctp" }] });
    expect(wall.failures).toEqual([
        'rules[0].protocol: expected one of tcp, udp, icmp, esp, gre, got "sctp"',
    ]);
});
