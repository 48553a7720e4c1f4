import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../helpers/root";

interface Setting {
    type: string;
    description: string;
    default?: unknown;
}

/** The README's table of settings, as Pulumi.yaml has them. */
function table(): string {
    const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
        config: Record<string, Setting>;
    };
    const rows = Object.entries(project.config).map(
        ([key, { description, default: value }]) =>
            `| \`${key}\` | ${description.trim()} | \`${JSON.stringify(value)}\` |`,
    );
    return ["| key | meaning | default |", "|---|---|---|", ...rows].join("\n");
}

test("the README lists the settings of Pulumi.yaml", () => {
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(table());
});
