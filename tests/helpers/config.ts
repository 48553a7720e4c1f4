import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedConfiguration } from "../../lab/configuration";
import { root } from "./root";

let folder: string;

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "airflow-ha-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Pulumi's arguments for the lab's configuration with other settings, in a file of its own. */
export function configured(settings: Record<string, unknown>): string[] {
    const lab = process.env.LAB_CONFIG ?? join(root, "Pulumi.lab.yaml");
    return changedConfiguration(lab, settings, join(folder, "Pulumi.changed.yaml"));
}
