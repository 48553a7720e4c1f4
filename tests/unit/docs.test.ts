import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { pages, read } from "../helpers/docs";
import { root } from "../helpers/root";

interface Setting {
    description: string;
    default?: unknown;
}

/** The table of settings, as Pulumi.yaml has them. */
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

test("docs/configuration.md lists the settings of Pulumi.yaml", () => {
    const page = join(root, "docs/configuration.md");
    const between = /(<!-- settings: .*-->\n)[\s\S]*?(\n<!-- end of settings -->)/;
    const current = readFileSync(page, "utf8");
    const wanted = current.replace(
        between,
        (_, begin: string, end: string) => begin + table() + end,
    );
    if (process.env.UPDATE_GOLDEN) {
        writeFileSync(page, wanted);
        return;
    }
    expect(current).toMatch(between);
    expect(current).toBe(wanted);
});

/** GitHub's name of a heading, as far as ours need it. */
function anchor(heading: string): string {
    return heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-");
}

test.each(pages())("what %s links to in this repository is there", (page) => {
    const links = [...read(page).matchAll(/\]\((?![a-z]+:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, path, fragment]) => {
        const target = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) {
            return true;
        }
        const headings = fragment ? [...read(target).matchAll(/^#+ (.*)$/gm)] : [];
        return fragment && !headings.some(([, heading]) => anchor(heading) === fragment);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
});
