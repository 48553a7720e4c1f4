import { configured } from "../helpers/config";
import { eventually, lab, nodes, on } from "../helpers/lab";
import { outputs } from "../helpers/outputs";

jest.setTimeout(20 * 60_000);

interface Resource {
    urn: string;
    type: string;
    id: string;
    outputs?: Record<string, unknown>;
}

const node = nodes[2];

async function server(): Promise<Resource> {
    const state = JSON.parse(await lab(["pulumi", "stack", "export"])) as {
        deployment: { resources: Resource[] };
    };
    const found = state.deployment.resources.find(
        ({ type, outputs }) => type === "hcloud:index/server:Server" && outputs?.name === node,
    );
    if (!found) {
        throw new Error(`no server ${node}`);
    }
    return found;
}

test("a machine that is made anew, as another type, takes its place with what the others have", async () => {
    const before = await server();
    const note = "/srv/airflow/dags/kept.txt";
    await on(nodes[0], `date >${note}`);
    const changed = configured({ serverType: "cx43" });

    // By itself a changed type is for new machines: nothing is powered off.
    const { nodes: unchanged } = await outputs();
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", ...changed]);
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--replace", before.urn, ...changed]);

    const after = await server();
    expect(after.id).not.toBe(before.id);
    expect(after.outputs).toMatchObject({ name: node, serverType: "cx43" });
    const { nodes: now } = await outputs();
    expect(now.map(({ name, meshAddress }) => [name, meshAddress])).toEqual(
        unchanged.map(({ name, meshAddress }) => [name, meshAddress]),
    );
    await eventually("all is healthy", () => lab(["status"]));
    await eventually("the DAG folder", () => on(node, `cat ${note}`));
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", ...changed]);
});
