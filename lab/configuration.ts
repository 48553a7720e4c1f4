import { readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";

/** Pulumi's arguments for the configuration `from` with other settings, in the file `to`. */
export function changedConfiguration(
    from: string,
    settings: Record<string, unknown>,
    to: string,
): string[] {
    const document = parseDocument(readFileSync(from, "utf8"));
    for (const [key, value] of Object.entries(settings)) {
        document.setIn(["config", `airflow-ha:${key}`], value);
    }
    writeFileSync(to, document.toString());
    return ["--config-file", to];
}
