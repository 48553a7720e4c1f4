import { configured } from "../helpers/config";
import { eventually, healthy, lab, nodes, on, tryOn } from "../helpers/lab";
import { outputs, resources, type Resource } from "../helpers/outputs";

jest.setTimeout(20 * 60_000);

const node = nodes[2];

async function server(): Promise<Resource> {
    const found = (await resources()).find(
        ({ type, outputs }) => type === "hcloud:index/server:Server" && outputs?.name === node,
    );
    if (!found) {
        throw new Error(`no server ${node}`);
    }
    return found;
}

/** Runs `up` with other ones of these resources. */
async function replace(urns: string[], more: string[] = []): Promise<void> {
    const options = urns.flatMap((urn) => ["--replace", urn]);
    await lab(["pulumi", "up", "--yes", "--skip-preview", ...options, ...more]);
}

test("the passwords of the database are renewed while it is used", async () => {
    const before = await outputs();
    const passwords = (await resources())
        .map(({ urn }) => urn)
        .filter((urn) => /PatroniPostgres\$.*:RandomPassword::/.test(urn));
    expect(passwords).toHaveLength(5);
    await replace(passwords);
    const after = await outputs();
    expect(after.credentials.postgres.password).not.toBe(before.credentials.postgres.password);
    const { user, password } = before.credentials.postgres;
    const login = `PGPASSWORD=${password} psql -h 127.0.0.1 -p 5000 -U ${user} -d airflow -c 'select 1'`;
    expect((await tryOn(node, login)).stderr).toContain("password authentication failed");
    // The replication password is used when a replica connects anew.
    await on(node, "systemctl restart patroni");
    await healthy();
});

test("a machine that is made anew, as another type, takes its place with what the others have", async () => {
    const before = await server();
    const note = "/srv/airflow/dags/kept.txt";
    await on(nodes[0], `date >${note}`);
    const changed = configured({ serverType: "cx43" });

    // By itself a changed type is for new machines: nothing is powered off.
    const { nodes: unchanged } = await outputs();
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", ...changed]);
    await replace([before.urn], changed);

    const after = await server();
    expect(after.id).not.toBe(before.id);
    expect(after.outputs).toMatchObject({ name: node, serverType: "cx43" });
    const { nodes: now } = await outputs();
    expect(now.map(({ name, meshAddress }) => [name, meshAddress])).toEqual(
        unchanged.map(({ name, meshAddress }) => [name, meshAddress]),
    );
    await healthy();
    await eventually("the DAG folder", () => on(node, `cat ${note}`));
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", ...changed]);
});
