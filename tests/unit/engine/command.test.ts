import { provider } from "../../../lab/engine/command/provider.ts";
import { Plugin, secret, type Values } from "./plugin";
import { SshServer } from "./sshServer";

const type = "command:remote:Command";

let machine: SshServer;
let plugin: Plugin;
let connection: Values;

beforeEach(async () => {
    machine = new SshServer();
    const port = await machine.start();
    const { userKey: privateKey, hostKey } = machine;
    connection = { host: "127.0.0.1", port, privateKey, hostKey };
    plugin = await new Plugin(provider).start();
});
afterEach(async () => {
    plugin.stop();
    await machine.stop();
});

test("runs create with its standard input and gives both outputs without the last line's end", async () => {
    const create = "cat; echo to-stderr >&2; printf 'a\\nb\\n\\n'";
    const { id, outputs } = await plugin.create(type, { connection, create, stdin: "in\n" });

    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(outputs).toMatchObject({
        create,
        stdin: "in\n",
        stdout: "in\na\nb\n",
        stderr: "to-stderr",
    });
});

test("keeps the connection secret, and has the real plugin's defaults in it", async () => {
    const { inputs, outputs } = await plugin.create(type, { connection, create: "true" });

    const kept = secret({
        ...connection,
        user: "root",
        privateKey: secret(connection.privateKey),
        dialErrorLimit: 10,
        perDialTimeout: 15,
    });
    expect(inputs.connection).toEqual(kept);
    expect(outputs.connection).toEqual(kept);
});

test("keeps a secret input secret in the state", async () => {
    const { outputs } = await plugin.create(type, {
        connection,
        create: "cat",
        stdin: secret("s"),
    });

    expect(outputs.stdin).toEqual(secret("s"));
});

test("an update runs update, else create; a deletion runs delete, else nothing", async () => {
    const all = { create: "echo c", update: "echo u", delete: "echo d" };
    const first = await plugin.create(type, { connection, ...all });
    const second = await plugin.update(type, first, { connection, ...all, stdin: "x" });
    expect(second.outputs.stdout).toBe("u");
    const third = await plugin.update(type, second, { connection, create: "echo c2" });
    expect(third.outputs.stdout).toBe("c2");
    await plugin.delete(type, second);
    await plugin.delete(type, third);

    expect(machine.commands).toEqual(["echo c", "echo u", "echo c2", "echo d"]);
});

test("gives a later command the outputs of the one before, unless told not to", async () => {
    const create = 'echo "<$PULUMI_COMMAND_STDOUT>"';
    const first = await plugin.create(type, { connection, create });
    expect(first.outputs.stdout).toBe("<>");
    const second = await plugin.update(type, first, { connection, create, stdin: "x" });
    expect(second.outputs.stdout).toBe("<<>>");
    const quiet = { connection, create, addPreviousOutputInEnv: false };
    expect((await plugin.update(type, second, quiet)).outputs.stdout).toBe("<>");
});

test("only triggers replace, as a whole; no change is none", async () => {
    const inputs = { connection, create: "true", stdin: "a\n", triggers: [1] };
    const made = await plugin.create(type, inputs);

    expect((await plugin.diff(type, made, inputs)).changes).toBe("none");
    expect(await plugin.read(type, made)).toEqual(made);
    expect(await plugin.diff(type, made, { ...inputs, stdin: "b\n" })).toEqual({
        changes: "some",
        paths: { stdin: "UPDATE" },
        replaces: [],
        deleteBeforeReplace: false,
    });
    const none = { connection, create: "true", stdin: "a\n" };
    expect((await plugin.diff(type, made, none)).replaces).toEqual(["triggers"]);
});

test("fails with the command and all that it printed, but not with its standard input", async () => {
    const create = "cat > /dev/null; echo out; echo err >&2; exit 3";
    const failed = plugin.create(type, { connection, create, stdin: "password" });

    await expect(failed).rejects.toThrow(
        `Process exited with status 3: running ${JSON.stringify(create)}:`,
    );
    await expect(failed).rejects.toThrow(/out\n/);
    await expect(failed).rejects.toThrow(/err\n/);
    await expect(failed).rejects.not.toThrow(/password/);
});

test("sees the end of a command that ends as soon as it has begun", async () => {
    for (let i = 0; i < 10; i++) {
        const { outputs } = await plugin.create(type, { connection, create: ":" });
        expect(outputs).toMatchObject({ stdout: "", stderr: "" });
    }
});

test("shows what is printed, as logging says", async () => {
    const create = "echo out; echo err >&2";
    await plugin.create(type, { connection, create });
    expect([...plugin.log].sort()).toEqual(["err", "out"]);
    plugin.log.length = 0;
    await plugin.create(type, { connection, create, logging: "stderr" });
    expect(plugin.log).toEqual(["err"]);
    plugin.log.length = 0;
    await plugin.create(type, { connection, create, logging: "none" });
    expect(plugin.log).toEqual([]);
});

test("dials again within the limit of errors, and no more", async () => {
    machine.drops = 2;
    const dial = { ...connection, dialErrorLimit: 2 };
    await plugin.create(type, { connection: dial, create: "true" });
    expect(plugin.log).toEqual(["Dial 1/2 failed: retrying", "Dial 2/2 failed: retrying"]);

    machine.drops = 3;
    const failed = plugin.create(type, { connection: dial, create: "true" });
    await expect(failed).rejects.toThrow("after 2 failed attempts: ");
});

test("refuses another host key than the pinned one", async () => {
    const other = new SshServer();
    const dial = { ...connection, hostKey: other.hostKey, dialErrorLimit: 0 };
    const failed = plugin.create(type, { connection: dial, create: "true" });

    await expect(failed).rejects.toThrow("Host denied (verification failed)");
    expect(machine.commands).toEqual([]);
});

test("an interrupt ends a running command", async () => {
    const running = plugin.create(type, { connection, create: "echo begun; exec sleep 60" });
    const ended = expect(running).rejects.toThrow("context canceled");
    while (!plugin.log.includes("begun")) {
        await new Promise(setImmediate);
    }
    await plugin.cancel();
    await ended;
});

test("refuses what it does not implement", async () => {
    await expect(plugin.create("command:local:Command", { create: "true" })).rejects.toThrow(
        "the stand-in for the command plugin does not implement command:local:Command",
    );
    const { failures } = await plugin.check(type, {
        connection: { ...connection, proxy: { host: "x" } },
        environment: { A: "b" },
        logging: "some",
    });
    expect(failures).toEqual([
        "connection.proxy: this property is not implemented by the stand-in plugin",
        "environment: this property is not implemented by the stand-in plugin",
        'logging: expected one of stdout, stderr, stdoutAndStderr, none, got "some"',
    ]);
    expect((await plugin.check(type, { create: "true" })).failures).toEqual([
        "connection: missing required property",
    ]);
});
