import { join } from "node:path";
import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { configured } from "../helpers/config";
import { expectGolden } from "../helpers/golden";
import { lab, run } from "../helpers/lab";
import { root } from "../helpers/root";

jest.setTimeout(5 * 60_000);

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "airflow-ha-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("a preview's comment shows what a reviewer has to judge", async () => {
    const events = join(folder, "events.json");
    const changed = configured({
        serverType: "cx43",
        postgresParameters: { work_mem: "13MB", max_connections: 400 },
        defaultTaskRetries: 2,
    });
    await lab(["pulumi", "preview", "--event-log", events, ...changed]);
    const node = join(root, "node_modules/.bin/node");
    const program = join(root, "scripts/ci/comment.ts");
    const { stdout, stderr } = await run(node, [program, "--stack", "lab", "--events", events]);
    expect(stderr).toBe("");
    expectGolden("ci/lab.md", stdout);
});
