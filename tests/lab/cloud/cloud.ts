import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run, type Ran } from "../../helpers/lab";
import { root } from "../../helpers/root";

/** A lab of the test's own, beside the one that the other tests share. */
export const cloudLab = "e2ecloud";

/** Hetzner's Python client, as PyPI has it. */
const clientVersion = "2.27.0";
const minute = 60_000;
const cache = process.env.LAB_CACHE_DIR ?? join(homedir(), ".cache", "airflow-ha");
const python = join(cache, `hcloud-python-${clientVersion}`);

interface Cloud {
    endpoint: string;
    token: string;
}

/** Calls one of the cloud's functions. */
export function cloud<T>(name: string, ...args: unknown[]): Promise<T> {
    return inProcess("index.ts", name, ...args);
}

/** Calls a function of a file in lab/cloud, in a process of its own, as the lab's commands do. */
export async function inProcess<T>(file: string, name: string, ...args: unknown[]): Promise<T> {
    const code =
        `const file = await import(${JSON.stringify(join(root, "lab/cloud", file))});` +
        `console.log(JSON.stringify((await file.${name}(...${JSON.stringify(args)})) ?? null));`;
    const node = join(root, "node_modules/.bin/node");
    const words = ["--input-type=module", "-e", code];
    const ran = run(node, words, "", 10 * minute, { LAB_NAME: cloudLab });
    return JSON.parse(await output(ran)) as T;
}

/** Installs Hetzner's client once, apart from everything else on this computer. */
export async function installClient(): Promise<void> {
    if (existsSync(python)) {
        return;
    }
    const script = `set -euo pipefail
        bash lab/packages.sh python3-venv
        rm -rf "$1.part"
        /usr/bin/python3 -m venv --copies "$1.part"
        "$1.part/bin/python3" -m pip install --quiet --disable-pip-version-check hcloud==${clientVersion}
        mv "$1.part" "$1"`;
    await output(run("bash", ["-c", script, "install", python], "", 5 * minute));
}

/** Runs a function of scenarios.py against the cloud and gives its facts. */
export async function scenario<T>(at: Cloud, name: string, ...args: unknown[]): Promise<T> {
    const env = { HCLOUD_ENDPOINT: at.endpoint, HCLOUD_TOKEN: at.token };
    const script = join(root, "tests/lab/cloud/scenarios.py");
    const words = [script, name, ...args.map((each) => JSON.stringify(each))];
    return JSON.parse(
        await output(run(join(python, "bin/python3"), words, "", 2 * minute, env)),
    ) as T;
}

/** What a program prints; fails with all of it when the exit code is not 0. */
export async function output(ran: Promise<Ran>): Promise<string> {
    const { code, stdout, stderr } = await ran;
    if (code !== 0) {
        throw new Error(`exit code ${code}\n${stdout}${stderr}`);
    }
    return stdout;
}
