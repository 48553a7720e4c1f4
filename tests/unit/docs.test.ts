import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { blocks, pages, read } from "../helpers/docs";
import { root } from "../helpers/root";

interface Setting {
    description: string;
    default?: unknown;
}

function settings(): Record<string, Setting> {
    const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
        config: Record<string, Setting>;
    };
    return project.config;
}

/** The table of settings, as Pulumi.yaml has them. */
function table(): string {
    const rows = Object.entries(settings()).map(
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

test("docs/configuration.md says of each setting what a change does", () => {
    const page = read("docs/configuration.md");
    const told = page.slice(page.indexOf("## What a change does"));
    const missing = Object.keys(settings()).filter((key) => !told.includes(`\`${key}\``));
    expect(missing).toEqual([]);
});

/**
 * Blocks of commands that no test runs, by page and by their first commands: they need Hetzner, GitHub, or what only
 * their reader has.
 */
const notRun: Record<string, string[]> = {
    "README.md": [
        "npm run lab",
        "pulumi up",
        "pulumi config set --secret privateKey <~/.ssh/airflow",
    ],
    "docs/components.md": ["npm pack"],
    "docs/dag-sync.md": [
        "pulumi config set --path dags.kind git",
        "pulumi stack output knownHosts >>~/.ssh/known_hosts",
        "pulumi config set --path dags.upstream.url git@github.com:us/dags.git",
        "journalctl --unit=dag-git --since=-1h",
        "dag-git status",
        "pulumi config set --path dags.kind shared",
    ],
    "docs/decisions/load-balancer.md": [
        "pulumi stack --show-urns | grep managedCertificate",
        "curl --insecure --resolve airflow.example.net:443:ADDRESS https://airflow.example.net/api/v2/version",
    ],
    "docs/operations.md": [
        "pulumi up --replace 'urn:pulumi:STACK::airflow-ha::airflow-ha:index:HetznerMachines$hcloud:index/server:Server::airflow-hel1-server'",
        "recover-etcd --others-are-gone",
    ],
    "docs/previews.md": [
        "PULUMI_DEBUG_COMMANDS=true pulumi preview --diff --event-log events.json",
    ],
    "docs/production.md": [
        'curl --silent --header "Authorization: Bearer $HCLOUD_TOKEN" https://api.hetzner.cloud/v1/pricing',
        "pulumi stack output endpoints",
    ],
    "docs/reliability.md": ["npm run faults"],
    "examples/README.md": [
        "cp -r examples/postgresql ../shop && cp airflow-ha-*.tgz ../shop/airflow-ha.tgz && cd ../shop",
    ],
};

test("a block of commands is run by tests/lab/57-docs.test.ts, or is known not to be", () => {
    const found: Record<string, string[]> = {};
    for (const { page, text } of pages()
        .flatMap(blocks)
        .filter(({ info }) => info === "sh")) {
        const [first] = text.split(/ *(?: #.*)?\n/);
        (found[page] ??= []).push(first);
    }
    expect(found).toEqual(notRun);
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
