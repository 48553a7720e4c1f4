import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { AirflowApi } from "../../lab/airflow";
import { eventually, run } from "../helpers/lab";
import sharedLabDown from "../helpers/labDown";
import { runToEnd, type Resource } from "../helpers/outputs";
import { makeOwnMachines } from "../helpers/ownMachines";
import { root } from "../helpers/root";

jest.setTimeout(15 * 60_000);

/** A lab beside the one that the other tests share: its machines are the examples' own. */
const lab = "e2eex";
const minute = 60_000;
const work = mkdtempSync(join(tmpdir(), "airflow-ha-examples-"));

beforeAll(async () => {
    // Two labs side by side would slow each other. No test after this one needs the shared one.
    await sharedLabDown();
    await labVerb("down");
    const args = ["pack", "--json", "--foreground-scripts=false", "--pack-destination", work];
    const [{ filename }] = JSON.parse(await succeed("npm", args)) as { filename: string }[];
    cpSync(join(work, filename), join(work, "airflow-ha.tgz"));
});

afterAll(async () => {
    await labVerb("down");
    rmSync(work, { recursive: true });
});

function labVerb(...args: string[]): Promise<string> {
    return succeed("bash", ["lab/lab.sh", ...args], { LAB_NAME: lab });
}

async function succeed(
    command: string,
    args: string[],
    env: Record<string, string> = {},
): Promise<string> {
    const { code, stdout, stderr } = await run(command, args, "", 12 * minute, env);
    if (code !== 0) {
        throw new Error(`${command} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
    }
    return stdout;
}

/** A program that was deployed in a folder that has nothing to do with the checkout. */
class Deployed {
    private constructor(private readonly folder: string) {}

    /** Deploys an example, with settings of its stack beside adminCidrs, and a secret one's name and file. */
    static async example(...args: Parameters<typeof Deployed.prepared>): Promise<Deployed> {
        const deployed = await Deployed.prepared(...args);
        await deployed.shell("pulumi up --yes --skip-preview");
        return deployed;
    }

    /** As `example`, up to where `pulumi up` is left to do. */
    static async prepared(
        name: string,
        settings: Record<string, unknown> = {},
        [secret, file]: string[] = [],
    ): Promise<Deployed> {
        const folder = join(work, name);
        cpSync(join(root, "examples", name), folder, { recursive: true });
        cpSync(join(work, "airflow-ha.tgz"), join(folder, "airflow-ha.tgz"));
        const deployed = new Deployed(folder);
        const project = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as {
            name: string;
        };
        const all = Object.entries({ adminCidrs: ["198.18.0.0/15"], ...settings });
        const config = Object.fromEntries(
            all.map(([key, value]) => [`${project.name}:${key}`, value]),
        );
        writeFileSync(join(folder, `Pulumi.${name}.yaml`), stringify({ config }));
        await deployed.shell("npm install --no-audit --no-fund --loglevel=error");
        await deployed.shell(`pulumi stack select --create ${name}`);
        if (secret) {
            await deployed.shell(`pulumi config set --secret ${secret} <${file}`);
        }
        return deployed;
    }

    /** Runs a command as somebody does who has evaluated what `npm run lab -- env` prints. */
    async shell(command: string): Promise<string> {
        const script = `set -euo pipefail
            eval "$(bash lab/lab.sh env)"
            cd ${this.folder}
            ${command}`;
        return succeed("bash", ["-c", script], { LAB_NAME: lab });
    }

    async outputs<T>(): Promise<T> {
        return JSON.parse(await this.shell("pulumi stack output --json --show-secrets")) as T;
    }

    /** Runs a script on a machine, as root. */
    async on(address: string, script: string): Promise<string> {
        const { privateKey, knownHosts } = await this.login();
        const options = ["-i", privateKey, "-o", `UserKnownHostsFile=${knownHosts}`];
        const more = ["-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR"];
        return succeed("ssh", [...options, ...more, `root@${address}`, script]);
    }

    private async login(): Promise<{ privateKey: string; knownHosts: string }> {
        const files = {
            privateKey: join(this.folder, "key"),
            knownHosts: join(this.folder, "hosts"),
        };
        if (!this.saved) {
            const outputs = await this.outputs<typeof files>();
            writeFileSync(files.privateKey, outputs.privateKey, { mode: 0o600 });
            writeFileSync(files.knownHosts, outputs.knownHosts);
            this.saved = true;
        }
        return files;
    }

    private saved = false;

    async destroy(): Promise<void> {
        await this.shell("pulumi destroy --yes --skip-preview");
        expect(await this.resources()).toEqual([]);
    }

    /** Those of the stack's state. */
    async resources(): Promise<Resource[]> {
        const { deployment } = JSON.parse(await this.shell("pulumi stack export")) as {
            deployment: { resources?: Resource[] };
        };
        return deployment.resources ?? [];
    }
}

test("the examples ask for the versions that are tested", () => {
    const read = (path: string) =>
        JSON.parse(readFileSync(join(root, path), "utf8")) as Record<
            string,
            Record<string, string>
        >;
    const tested = read("package.json").devDependencies;
    for (const name of ["postgresql", "mesh", "own-machines"]) {
        const { dependencies } = read(`examples/${name}/package.json`);
        const pinned = Object.keys(dependencies).filter((each) => each !== "airflow-ha");
        expect(pinned.map((each) => [each, dependencies[each]])).toEqual(
            pinned.map((each) => [each, tested[each]]),
        );
    }
});

test("ten lines of TypeScript are enough for a highly available PostgreSQL", () => {
    const program = readFileSync(join(root, "examples/postgresql/index.ts"), "utf8");
    const lines = program.split("\n").filter((line) => line !== "" && !line.startsWith("/**"));
    expect(lines.length).toBeLessThanOrEqual(10);
});

test("postgresql: a client is answered, also after the primary's machine is gone", async () => {
    const example = await Deployed.example("postgresql");
    const { knownHosts, user, password } = await example.outputs<{
        knownHosts: string;
        user: string;
        password: string;
    }>();
    const addresses = [...knownHosts.matchAll(/^\S+/gm)].map(([address]) => address);
    expect(addresses).toHaveLength(3);
    const sql = (address: string, statement: string) =>
        example.on(
            address,
            `PGPASSWORD=${password} PGCONNECT_TIMEOUT=5 psql -h 127.0.0.1 -p 5000 -U ${user} -d shop -Atc "${statement}"`,
        );
    await sql(addresses[0], "create table orders (id int)");
    await sql(addresses[1], "insert into orders values (1)");
    const leader = JSON.parse(await example.on(addresses[0], "patronictl list --format json")) as {
        Member: string;
        Role: string;
    }[];
    const primary = leader.find(({ Role }) => Role === "Leader")?.Member ?? "";
    const names = ["shop-nbg1", "shop-fsn1", "shop-hel1"];
    expect(names).toContain(primary);

    await labVerb("stop", primary);
    const survivors = addresses.filter((_, index) => names[index] !== primary);
    for (const address of survivors) {
        await eventually(`${address} can write`, () =>
            sql(address, "insert into orders values (2)"),
        );
        expect(Number(await sql(address, "select count(*) from orders where id = 1"))).toBe(1);
    }
    await labVerb("start", primary);
    await eventually(
        "all three are members again",
        async () => {
            const members = await example.on(survivors[0], "patronictl list --format tsv");
            return members.match(/streaming/g)?.length === 2 ? true : undefined;
        },
        5 * minute,
    );
    await example.destroy();
});

test("mesh: three machines ping each other by name through WireGuard", async () => {
    const example = await Deployed.example("mesh");
    const { addresses, meshAddresses } = await example.outputs<{
        addresses: string[];
        meshAddresses: { name: string; meshAddress: string }[];
    }>();
    for (const address of addresses) {
        for (const { name, meshAddress } of meshAddresses) {
            const answer = await example.on(address, `ping -c 1 -W 5 ${name}`);
            expect(answer).toContain(`(${meshAddress})`);
        }
    }
    await example.destroy();
});

const options = `
import * as pulumi from "@pulumi/pulumi";
import { HetznerMachines } from "airflow-ha";

const adminCidrs = new pulumi.Config().requireObject<string[]>("adminCidrs");
const team: pulumi.ResourceTransform = ({ type, props, opts }) =>
    type === "hcloud:index/server:Server"
        ? { props: { ...props, labels: { team: "data" } }, opts }
        : undefined;
const one = { locations: ["nbg1"], serverType: "cx23", adminCidrs };
new HetznerMachines("office", one, { transforms: [team] });
// The lab's cloud has none left.
new HetznerMachines("full", { locations: ["hel1"], serverType: "cx53", adminCidrs });
`;

test("a consumer's transform reaches the children; a server type that is sold out is explained", async () => {
    const program = await Deployed.prepared("mesh");
    writeFileSync(join(work, "mesh/index.ts"), options);
    await expect(program.shell("pulumi up --yes --skip-preview")).rejects.toThrow(
        "full-hel1: Hetzner has no cx53 left in hel1 at the moment (resource_unavailable). " +
            "By its list, cx53 is there in fsn1, nbg1; hel1 has none with as much memory or more.",
    );
    const servers = (await program.resources()).filter(
        ({ type }) => type === "hcloud:index/server:Server",
    );
    expect(servers.map(({ outputs }) => outputs)).toEqual([
        expect.objectContaining({ name: "office-nbg1", labels: { team: "data" } }),
    ]);
    await program.destroy();
});

test("own-machines: Airflow runs a DAG on machines that the program did not make", async () => {
    const { machines, privateKey } = await makeOwnMachines((args) => labVerb(...args));
    const key = join(work, "owner");
    writeFileSync(key, privateKey, { mode: 0o600 });
    const example = await Deployed.example("own-machines", { machines }, ["privateKey", key]);
    const { web, certificate, admin } = await example.outputs<{
        web: string[];
        certificate: string;
        admin: { user: string; password: string };
    }>();
    const dag = readFileSync(join(root, "lab/dags/lab_hello.py"), "utf8");
    await example.on(
        machines[1].address,
        `cat >/srv/airflow/dags/lab_hello.py <<'DAG'\n${dag}\nDAG`,
    );
    const api = new AirflowApi({ url: web[2], certificate, ...admin });
    expect((await runToEnd(api, "lab_hello")).state).toBe("success");

    const firewall = () => example.on(machines[1].address, "sha256sum /etc/nftables.conf");
    const before = await firewall();
    await example.shell("pulumi config set --path 'adminCidrs[0]' 192.0.2.0/24");
    await expect(example.shell("pulumi up --yes --skip-preview")).rejects.toThrow(
        "which none of adminCidrs has: 192.0.2.0/24",
    );
    expect(await firewall()).toBe(before);

    // The machines are their owner's, and stay; the files that the program wrote go.
    await example.destroy();
    const written = "/etc/patroni/airflow-ha/*.yml /etc/airflow/secrets.env /etc/nftables.conf";
    await example.on(machines[1].address, `! ls ${written}`);
});
