import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { blocks, pages } from "../helpers/docs";
import { root } from "../helpers/root";
import type { Import } from "./package/importer";

// It compiles the components.
jest.setTimeout(180_000);

const bin = join(root, "node_modules/.bin");
const folder = mkdtempSync(join(tmpdir(), "airflow-ha-package-"));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
    devDependencies: Record<string, string>;
};

/** Paths in the package. */
let files: string[];

beforeAll(() => {
    files = pack();
    install();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `npm pack`, which compiles the components first. */
function pack(): string[] {
    const args = ["pack", "--json", "--foreground-scripts=false", "--pack-destination", folder];
    const [packed] = JSON.parse(run("npm", args, root)) as { files: { path: string }[] }[];
    return packed.files.map(({ path }) => path);
}

/** As npm would do it; of what is installed here, only what the package says it needs is in reach. */
function install(): void {
    const modules = join(folder, "node_modules");
    const target = join(modules, "airflow-ha");
    mkdirSync(target, { recursive: true });
    const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    run("tar", ["-xzf", tarball, "--strip-components=1", "-C", target], folder);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
        mkdirSync(dirname(join(modules, name)), { recursive: true });
        symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
}

function run(command: string, args: string[], cwd: string): string {
    return execFileSync(command, args, {
        cwd,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
    });
}

test("the package is the compiled components, the scripts that they run, and what explains it", () => {
    const wanted = [
        /^dist\/[A-Za-z0-9/]+\.(js|js\.map|d\.ts)$/,
        /^dist\/airflow\/(requirements|uv)\.lock$/,
        /^scripts\/[a-z_-]+\.(sh|py)$/,
        /^(package\.json|README\.md|LICENSE)$/,
    ];
    for (const rule of wanted) {
        expect(files).toContainEqual(expect.stringMatching(rule));
    }
    expect(files.filter((file) => !wanted.some((rule) => rule.test(file)))).toEqual([]);
    expect(files.filter((file) => file.endsWith(".lock"))).toHaveLength(2);
    const packed = files.filter((file) => file.startsWith("scripts/"));
    expect(packed.sort()).toEqual(
        readdirSync(join(root, "scripts"))
            .filter((file) => /\.(sh|py)$/.test(file))
            .sort()
            .map((file) => `scripts/${file}`),
    );
});

test("its import exports all components, registers no resource and reads no configuration; they use every script", () => {
    const importer = join(root, "tests/unit/package/importer.ts");
    const result = JSON.parse(run(join(bin, "node"), [importer], folder)) as Import;
    expect(result.exported).toEqual([
        "AirflowNode",
        "AirflowSecrets",
        "DagSync",
        "EtcdCluster",
        "ExistingMachines",
        "HetznerLoadBalancer",
        "HetznerMachines",
        "PatroniPostgres",
        "RabbitCluster",
        "WireGuardMesh",
        "ports",
    ]);
    expect(result.registered).toEqual([]);
    expect(result.read).toEqual([]);
    expect(result.used.read).toEqual(["package:setting"]);
    expect(result.used.registered).toBeGreaterThan(100);
    expect(result.used.scripts).toEqual(files.filter((file) => file.startsWith("scripts/")).sort());
});

/** The pages' programs by file: the README's stands alone, the parts on docs/components.md go on from it. */
function examples(): Record<string, string> {
    const all = pages()
        .flatMap(blocks)
        .filter(({ info }) => info === "ts");
    const of = (page: string) => all.filter((block) => block.page === page);
    const [readme, ...parts] = [...of("README.md"), ...of("docs/components.md")];
    // Another page's would not be compiled.
    expect(all).toHaveLength(1 + parts.length);
    expect(readme.text).toContain("new PatroniPostgres");
    expect(parts.map(({ page }) => page)).toEqual(["docs/components.md", "docs/components.md"]);
    const reader = `import * as pulumi from "@pulumi/pulumi";
import type { HetznerMachinesArgs } from "airflow-ha";
declare const args: HetznerMachinesArgs;
`;
    return {
        "readme.ts": readme.text,
        "components.ts": [readme.text, reader, ...parts.map(({ text }) => text)].join("\n"),
    };
}

/** Pulumi's own template for TypeScript has the first; it does not look at `exports`. */
test.each([
    ["commonjs", "node10"],
    ["nodenext", "nodenext"],
])("the pages' examples compile against it (module %s, resolution %s)", (module, resolution) => {
    const programs = examples();
    const how = { module, moduleResolution: resolution, target: "es2022", types: [] };
    const compilerOptions = { ...how, strict: true, noEmit: true, skipLibCheck: true };
    const project = { compilerOptions, files: Object.keys(programs) };
    for (const [file, text] of Object.entries(programs)) {
        writeFileSync(join(folder, file), text);
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    expect(compile()).toBe("");
});

/** What tsc has to say; nothing when all is well. */
function compile(): string {
    try {
        return run(join(bin, "tsc"), ["-p", folder], folder);
    } catch (error) {
        return (error as { stdout: string }).stdout;
    }
}

test("Pulumi runs this repository's program, not what the package exports", () => {
    const project = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { main?: string };
    expect(project.main).toBe("index.ts");
});

test("package-lock.json is that of package.json, and works with any registry", () => {
    const text = readFileSync(join(root, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(text) as { packages: Record<string, typeof manifest> };
    expect(packages[""]).toMatchObject({
        dependencies: manifest.dependencies,
        peerDependencies: manifest.peerDependencies,
        devDependencies: manifest.devDependencies,
    });
    expect(text).not.toContain('"resolved"');
});

test("each peer is tested in exactly one version, the lowest that is allowed", () => {
    for (const [name, range] of Object.entries(manifest.peerDependencies)) {
        expect(`${name} ${range.slice(1)}`).toBe(`${name} ${manifest.devDependencies[name]}`);
        expect(range).toMatch(name === "@pulumi/command" ? /^~\d/ : /^\^\d/);
    }
});
