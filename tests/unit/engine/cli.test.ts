import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../helpers/root";
import { Project } from "./cli";
import { FakeCloud } from "./fakeCloud";
import { SshServer } from "./sshServer";

/** These drive the real CLI, step by step through the life of one stack. */
jest.setTimeout(120_000);

const yes = ["--yes", "--skip-preview", "--color", "never"];
const noChange = [...yes, "--expect-no-changes"];

interface State {
    resources: { type: string; id?: string; outputs?: Record<string, unknown> }[];
    pending_operations?: unknown[];
}

const cloud = new FakeCloud();
const machine = new SshServer();
const project = new Project(join(__dirname, "program"));
const environment: Record<string, string> = { HCLOUD_TOKEN: cloud.token };

beforeAll(async () => {
    environment.HCLOUD_ENDPOINT = await cloud.start();
    const port = await machine.start();
    await project.prepare(environment);
    await project.pulumi("stack", "init", "test");
    await project.pulumi("config", "set", "port", String(port));
    await project.pulumi("config", "set", "hostKey", machine.hostKey);
    await project.pulumi("config", "set", "--secret", "userKey", "--", machine.userKey);
});
afterAll(async () => {
    await Promise.all([cloud.stop(), machine.stop()]);
    project.remove();
});

async function state(): Promise<State> {
    const text = await project.pulumi("stack", "export");
    return (JSON.parse(text) as { deployment: State }).deployment;
}

async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

test("an up that is interrupted knows the server that it made, and the next one finishes", async () => {
    cloud.looks = Infinity;
    const up = project.begin("up", ...yes);
    await until(() => cloud.calls.includes("GET /actions/1"));
    up.kill("SIGINT");
    await once(up, "close");
    cloud.looks = 0;

    const [server] = (await state()).resources.filter(({ type }) => type.endsWith(":Server"));
    expect(server?.id).toBe(String(cloud.things.servers?.[0]?.id));
    await project.pulumi("up", ...yes);
    expect(cloud.calls.filter((call) => call === "POST /servers")).toHaveLength(1);
});

test("what is secret in the real plugins' state is secret, and nothing of it shows", async () => {
    const text = await project.pulumi("stack", "export");
    const secrets: Record<string, string[]> = {};
    for (const { type, outputs = {} } of (JSON.parse(text) as { deployment: State }).deployment
        .resources) {
        const hidden = Object.entries(outputs).filter(([, value]) =>
            JSON.stringify(value).includes('"ciphertext"'),
        );
        // Of all resources of the type: not each has every input, and their order is that of their making.
        const names = hidden.map(([name]) => name);
        secrets[type] = [...new Set([...(secrets[type] ?? []), ...names])].sort();
    }

    expect(secrets).toMatchObject({
        "tls:index/privateKey:PrivateKey": [
            "privateKeyOpenssh",
            "privateKeyPem",
            "privateKeyPemPkcs8",
        ],
        "tls:index/selfSignedCert:SelfSignedCert": ["privateKeyPem"],
        "random:index/randomPassword:RandomPassword": ["bcryptHash", "result"],
        "hcloud:index/server:Server": ["userData"],
        "hcloud:index/sshKey:SshKey": [],
        "command:remote:Command": ["connection", "stdin"],
    });
    expect(text).not.toContain("PRIVATE KEY");
    const password = await project.pulumi("stack", "output", "passwordText", "--show-secrets");
    expect(password.trim()).toHaveLength(32);
    expect(text).not.toContain(password.trim());
});

test("a second up, a refresh and an up after it change nothing", async () => {
    await project.pulumi("up", ...noChange);
    await project.pulumi("refresh", ...noChange);
    await project.pulumi("up", ...noChange);
});

test("a changed text shows as lines of a diff", async () => {
    const diff = await project.pulumi(
        ...["preview", "--diff", "--color", "never", "--config", "generation=2"],
    );

    expect(diff).toMatch(/^ *work_mem = 4MB$/m);
    expect(diff).toMatch(/^ *- max_connections = 100$/m);
    expect(diff).toMatch(/^ *\+ max_connections = 200$/m);
});

test("a replacement creates, then deletes; with deleteBeforeReplace the other way round", async () => {
    machine.commands.length = 0;
    await project.pulumi("up", ...yes, "--config", "generation=2");

    const order = (name: string) => machine.commands.filter((each) => each.includes(` ${name} `));
    expect(order("after")).toEqual([": create after 2; true", ": delete after 1; true"]);
    expect(order("before")).toEqual([": delete before 1; true", ": create before 2; true"]);
    expect(machine.commands.filter((each) => each === "cat")).toHaveLength(1);
    const written = await project.pulumi("stack", "output", "written");
    expect(written).toBe("work_mem = 4MB\nmax_connections = 200\n");
});

test("what a killed up was making is removed, and the next up makes it", async () => {
    await project.pulumi("destroy", ...yes);
    expect(cloud.things).toEqual({ ssh_keys: [], firewalls: [], servers: [] });
    cloud.looks = Infinity;
    cloud.calls.length = 0;
    const up = project.begin("up", ...yes);
    await until(() => cloud.calls.includes("GET /actions/1"));
    up.kill("SIGKILL");
    await once(up, "close");
    cloud.looks = 0;
    project.unlock();
    const orphan = cloud.things.servers?.[0]?.id;

    const cleared = await project.engine(
        "pending.ts",
        "await module.clearInterruptedCreates(env, process.cwd())",
    );
    expect(cleared.stderr).toContain(`removing servers/${orphan} (airflow-nbg1)`);
    expect((await state()).pending_operations ?? []).toEqual([]);
    await project.pulumi("up", ...yes);
    expect(cloud.things.servers).toHaveLength(1);
    await project.pulumi("up", ...noChange);
});

test("official executables in LAB_PLUGIN_PATH are used, and what it lacks is said", async () => {
    const { directory } = project;
    const manifest = readFileSync(join(root, "package.json"), "utf8");
    const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> };
    const { "@pulumi/hcloud": hcloud, "@pulumi/random": random } = devDependencies;
    const started = join(directory, "started");
    const place = (file: string, name: string) => {
        const run = `exec '${root}/node_modules/.bin/node' '${root}/lab/engine/main.ts' ${name} "$@"`;
        const script = `#!/usr/bin/env bash\necho ${name} >> '${started}'\n${run}\n`;
        writeFileSync(join(directory, file), script, { mode: 0o755 });
    };
    place("pulumi-language-nodejs", "language");
    place("pulumi-resource-tls", "tls");
    place(`pulumi-resource-random-v${random}`, "random");

    const said = await project.prepare({ ...environment, LAB_PLUGIN_PATH: directory });
    try {
        const [versioned, plain] = [`pulumi-resource-hcloud-v${hcloud}`, "pulumi-resource-hcloud"];
        expect(said).toContain(`${directory} has no ${versioned} or ${plain}: `);
        expect(said).not.toMatch(/has no pulumi-(language-nodejs|resource-(tls|random))/);
        await project.pulumi("up", ...noChange);
        const used = new Set(readFileSync(started, "utf8").trim().split("\n"));
        expect([...used].sort()).toEqual(["language", "random", "tls"]);
    } finally {
        rmSync(project.home, { recursive: true }); // it is for this test's executables only
    }
});

test("a LAB_PLUGIN_PATH that is not there is an error", async () => {
    const missing = project.prepare({ ...environment, LAB_PLUGIN_PATH: "/nowhere" });
    await expect(missing).rejects.toThrow("LAB_PLUGIN_PATH: there is no directory /nowhere");
});
