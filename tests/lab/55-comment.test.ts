import { join } from "node:path";
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { cloudApi } from "../helpers/cloudApi";
import { configured } from "../helpers/config";
import { expectGolden } from "../helpers/golden";
import { lab, nodes, run, tryLab } from "../helpers/lab";
import { root } from "../helpers/root";
import { FakeGitHub } from "../unit/ci/fakeGitHub";

jest.setTimeout(5 * 60_000);

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "airflow-ha-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What a program of scripts/ci makes of a preview's events. */
async function ci(program: string, events: string, env: Record<string, string> = {}) {
    const node = join(root, "node_modules/.bin/node");
    const args = [join(root, `scripts/ci/${program}.ts`), "--stack", "lab", "--events", events];
    const { stdout, stderr } = await run(node, args, "", undefined, env);
    expect(stderr).toBe("");
    return stdout;
}

test("a preview's comment shows what a reviewer has to judge", async () => {
    const events = join(folder, "events.json");
    const changed = configured({
        serverType: "cx43",
        postgresParameters: { work_mem: "13MB", max_connections: 400 },
        defaultTaskRetries: 2,
    });
    await lab(["pulumi", "preview", "--event-log", events, ...changed]);
    // How many resources there are beside those is no matter of the comment's.
    const said = (await ci("comment", events)).replace(/\d+ unchanged/, "all others unchanged");
    expectGolden("ci/lab.md", said);
});

test("a machine that was changed by hand is an issue until it is as the program says again", async () => {
    const api = await cloudApi(lab);
    const github = new FakeGitHub();
    await github.listen();
    const look = async (name: string) => {
        const events = join(folder, name);
        const options = ["--refresh", "--expect-no-changes", "--event-log", events];
        const { code } = await tryLab(["pulumi", "preview", ...options]);
        const said = await ci("drift", events, {
            GITHUB_API_URL: github.url,
            GITHUB_REPOSITORY: "owner/name",
            GITHUB_TOKEN: FakeGitHub.token,
        });
        return { clean: code === 0, said };
    };
    interface Servers {
        servers: { id: number; labels: Record<string, string> }[];
    }
    const { servers } = await api<Servers>("GET", `servers?name=${nodes[0]}`);
    const [{ id, labels }] = servers;
    try {
        await api("PUT", `servers/${id}`, { labels: { ...labels, touched: "by-hand" } });
        expect(await look("drifted.json")).toMatchObject({
            clean: false,
            said: expect.stringContaining("drift of lab (1 to update)") as string,
        });
        expect(github.issues.map(({ title, state }) => [title, state])).toEqual([
            ["Drift of lab", "open"],
        ]);
        expect(github.issues[0].body).toContain("touched");
    } finally {
        await api("PUT", `servers/${id}`, { labels });
    }
    expect(await look("clean.json")).toMatchObject({ clean: true });
    expect(github.issues.map(({ state }) => state)).toEqual(["closed"]);
    await github.close();
});
