import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocks, pages, type Block } from "../helpers/docs";
import { eventually, nodes, on, run } from "../helpers/lab";
import { airflowApi, outputs, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(10 * 60_000);

/** The commands that the pages mark as ones that the lab can run. */
const runnable = pages()
    .flatMap(blocks)
    .filter(({ info }) => info === "sh lab");

const work = mkdtempSync(join(tmpdir(), "airflow-ha-docs-"));
let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
    // The page says to wait for Airflow to know the DAG; its own copy is the same text again.
    await on(nodes[0], `cat >/srv/airflow/dags/mine.py <<'DAG'\n${dag()}\nDAG`);
    await eventually("Airflow knows the DAG", () => airflowApi(stack, nodes[0]).trigger("mine"));
});

afterAll(async () => {
    await on(nodes[0], "rm /srv/airflow/dags/mine.py");
    rmSync(work, { recursive: true });
});

function dag(): string {
    return readFileSync(join(root, "lab/dags/lab_hello.py"), "utf8").replaceAll(
        "lab_hello",
        "mine",
    );
}

/** A checkout that the commands may write into, with the files that the pages take for granted. */
function checkout(name: string): string {
    const folder = join(work, name);
    mkdirSync(folder);
    const list = "git ls-files -z --cached --others --exclude-standard";
    execFileSync(
        "bash",
        ["-c", `${list} | xargs -0 cp --parents --preserve=timestamps -t "$1"`, "bash", folder],
        {
            cwd: root,
        },
    );
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    for (const [file, text] of Object.entries({
        "mine.py": dag(),
        "chain.pem": "",
        "key.pem": "",
    })) {
        writeFileSync(join(folder, file), text);
    }
    return folder;
}

/** As the page has it, but for what belongs to the reader: an address, and packages that are installed already. */
function script({ text }: Block): string {
    return text
        .replaceAll("ADDRESS", `${stack.nodes[0].publicAddress} true`)
        .replaceAll(/^npm ci$/gm, ":");
}

test("there are commands to run", () => {
    expect(runnable.length).toBeGreaterThan(7);
});

test.each(runnable.map((block) => [`${block.page}, line ${block.line}`, block] as const))(
    "%s",
    async (_, block) => {
        const folder = checkout(String(runnable.indexOf(block)));
        const stacks = [...block.text.matchAll(/pulumi stack init (\w+)/g)].map(([, name]) => name);
        const program = `set -euo pipefail
            cd ${folder}
            eval "$(bash lab/lab.sh env)"
            pulumi stack select lab
            ${stacks.map((name) => `trap 'pulumi stack rm --yes --preserve-config ${name}' EXIT`).join("\n")}
            ${script(block)}`;
        // What asks for a secret reads it there.
        const ran = await run("bash", ["-c", program], "a secret\n", 5 * 60_000);
        expect({ ...ran, code: ran.code }).toMatchObject({ code: 0 });
    },
);
