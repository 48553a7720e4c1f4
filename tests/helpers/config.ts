import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { root } from "./root";

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "airflow-ha-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Pulumi's arguments for the lab's configuration with other settings, in a file of its own. */
export function configured(settings: Record<string, unknown>): string[] {
    const text = readFileSync(process.env.LAB_CONFIG ?? join(root, "Pulumi.lab.yaml"), "utf8");
    const document = parseDocument(text);
    for (const [key, value] of Object.entries(settings)) {
        document.setIn(["config", `airflow-ha:${key}`], value);
    }
    const file = join(folder, "Pulumi.changed.yaml");
    writeFileSync(file, document.toString());
    return ["--config-file", file];
}
