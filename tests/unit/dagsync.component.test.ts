import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DagSync } from "../../components/dagsync";
import { meshNodes, record, type Registered } from "../helpers/mocks";
import { root } from "../helpers/root";

const names = ["node1", "node2", "node3"];
const path = "/srv/airflow/dags";

function dags(nodes = meshNodes()): Promise<Registered[]> {
    return record(() => new DagSync("dags", { nodes, path }));
}

function configs(node: string): string[] {
    return names.filter((peer) => peer !== node).map((peer) => `${peer}-config`);
}

test("makes one key, and the same things on every node with a configuration for each peer", async () => {
    const all = await dags();
    const children = all.filter(({ name }) => name !== "dags");
    const parts = readdirSync(join(root, "scripts")).flatMap(
        (file) => /^dagsync_(\w+)\.py$/.exec(file)?.slice(1) ?? [],
    );
    const programs = [...parts, "systemd_notify"];
    const single = ["install", "secret", "socket", "receiver", "listen", "unit", "start"];
    expect(children.map(({ name, parent }) => `${parent}/${name}`).sort()).toEqual(
        [
            "dags/dags-key",
            ...names.flatMap((node) =>
                [...single, ...programs, ...configs(node)].map(
                    (what) => `dags/dags-${node}-${what}`,
                ),
            ),
        ].sort(),
    );
    expect(all[0].type).toBe("airflow-ha:index:DagSync");
});

test("sends from no node before every node receives", async () => {
    const all = await dags();
    for (const node of names) {
        expect(find(all, `dags-${node}-listen`)?.dependsOn).toEqual(
            [
                "dags-key",
                ...["receiver", "secret", "socket", ...configs(node)].map(
                    (what) => `dags-${node}-${what}`,
                ),
            ].sort(),
        );
        expect(find(all, `dags-${node}-start`)?.dependsOn).toEqual(
            expect.arrayContaining(names.map((each) => `dags-${each}-listen`)),
        );
    }
});

test("hides the key, which the folder's owner may read, and nothing else", async () => {
    const all = await dags();
    const hidden = all.filter(
        ({ inputs: { stdin } }) => typeof stdin === "object" && stdin !== null,
    );
    expect(hidden.map(({ name }) => name).sort()).toEqual(
        names.map((node) => `dags-${node}-secret`),
    );
    for (const { inputs } of hidden) {
        expect(inputs.create).toContain(
            `chown 'root:airflow' "$temporary"\nchmod '0640' "$temporary"`,
        );
    }
});

test("both nodes of a pair have the same configuration", async () => {
    const all = await dags();
    const text = (node: string, peer: string) =>
        find(all, `dags-${node}-${peer}-config`)?.inputs.stdin;
    expect(text("node1", "node3")).toContain("host node1 node3;");
    expect(text("node3", "node1")).toBe(text("node1", "node3"));
});

test("tells a node when a peer's machine was made anew", async () => {
    const before = find(await dags(), "dags-node1-start")?.inputs.create;
    const [one, two, three] = meshNodes();
    // As ExistingMachines has it, where the host key tells machines apart.
    const anew = { ...three, instance: "ssh-ed25519 AAAAC3Nz/+" };
    const after = find(await dags([one, two, anew]), "dags-node1-start")?.inputs.create;
    const peers = (create: unknown) =>
        /MACHINES='10\.90\.0\.2=([0-9a-f]+) 10\.90\.0\.3=([0-9a-f]+)'/.exec(String(create));
    expect(peers(after)?.[1]).toBe(peers(before)?.[1]);
    expect(peers(after)?.[2]).toMatch(/^[0-9a-f]{16}$/);
    expect(peers(after)?.[2]).not.toBe(peers(before)?.[2]);
});

test("another owner reaches units, files and scripts", async () => {
    const all = await record(() => new DagSync("dags", { nodes: meshNodes(), path, owner: "dag" }));
    expect(find(all, "dags-node1-install")?.inputs.create).toContain("OWNER='dag'");
    expect(find(all, "dags-node1-unit")?.inputs.stdin).toContain("User=dag\n");
    expect(find(all, "dags-node1-secret")?.inputs.create).toContain("chown 'root:dag'");
});

test("refuses a folder of the system before any node is touched", async () => {
    const refused = record(() => new DagSync("dags", { nodes: meshNodes(), path: "/etc" }));
    await expect(refused).rejects.toThrow(/^dags has 1 problem:\n {2}- path: got "\/etc"; /);
});

function find(all: Registered[], name: string): Registered | undefined {
    return all.find((each) => each.name === name);
}
