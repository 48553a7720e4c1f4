import { spawn } from "node:child_process";
import { root } from "./root";

/** The lab that the end-to-end tests build and remove. */
export const labName = process.env.LAB_NAME ?? "e2e";

/** The nodes' names, in the order of the stack's locations. */
export const nodes = ["airflow-nbg1", "airflow-fsn1", "airflow-hel1"] as const;
export type Node = (typeof nodes)[number];

/** Each node's address in the mesh. */
export const meshAddresses: Record<Node, string> = {
    "airflow-nbg1": "10.90.0.1",
    "airflow-fsn1": "10.90.0.2",
    "airflow-hel1": "10.90.0.3",
};

export interface Ran {
    code: number;
    stdout: string;
    stderr: string;
}

const minute = 60_000;

/** `npm run -s lab -- ARGS`; whatever its exit code is. */
export function tryLab(args: string[], input = "", timeout = 15 * minute): Promise<Ran> {
    return run("bash", ["lab/lab.sh", ...args], input, timeout);
}

/** The same; fails with all that was printed when the exit code is not 0. Gives its standard output. */
export async function lab(args: string[], input = "", timeout = 15 * minute): Promise<string> {
    return succeeded(`lab ${args.join(" ")}`, await tryLab(args, input, timeout));
}

/** A verb of `npm run lab` that takes long: what it prints goes to this terminal. */
export function labVerb(verb: string): Promise<void> {
    const child = spawn("bash", ["lab/lab.sh", verb], {
        cwd: root,
        env: { ...process.env, LAB_NAME: labName },
        stdio: ["ignore", "inherit", "inherit"],
    });
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) {
                resolve();
            } else {
                reject(new Error(`npm run lab -- ${verb}: exit code ${code}`));
            }
        });
    });
}

/** Runs a bash script on a node as root and gives its standard output. */
export async function on(node: Node, script: string, timeout = 3 * minute): Promise<string> {
    const ran = await tryOn(node, script, timeout);
    return succeeded(`on ${node}: ${script}`, ran);
}

/** The same; whatever its exit code is. */
export function tryOn(node: Node, script: string, timeout = 3 * minute): Promise<Ran> {
    return tryLab(["ssh", node, "bash", "-s"], script, timeout);
}

/** Runs the script on every node, side by side; the answers by node. */
export async function onAll(script: string): Promise<Record<Node, string>> {
    const answers = await Promise.all(
        nodes.map(async (node) => [node, await on(node, script)] as const),
    );
    return Object.fromEntries(answers) as Record<Node, string>;
}

/**
 * Asks until `question` gives an answer that is not undefined and does not throw, or fails with its last error. Asking
 * costs the time of the processors that the answer waits for: between two questions there is a second, or `pauseMs`.
 */
export async function eventually<T>(
    what: string,
    question: () => Promise<T | undefined>,
    deadlineMs = 2 * minute,
    pauseMs = 1000,
): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
        let reason: unknown = "no answer";
        try {
            const answer = await question();
            if (answer !== undefined) {
                return answer;
            }
        } catch (error) {
            reason = error;
        }
        if (Date.now() > deadline) {
            throw new Error(`${what}: not within ${deadlineMs / 1000} s`, { cause: reason });
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
}

/** Waits until `npm run lab -- status` says that all is healthy. */
export async function healthy(): Promise<void> {
    await eventually("all is healthy", () => lab(["status"]), 5 * minute, 5000);
}

/** Runs a program in the checkout with the lab's name; it is ended when the time is over. */
export function run(
    command: string,
    args: string[],
    input = "",
    timeout = 5 * minute,
    env: Record<string, string> = {},
): Promise<Ran> {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
            cwd: root,
            env: { ...process.env, LAB_NAME: labName, ...env },
            timeout,
        });
        const text = { stdout: "", stderr: "" };
        child.stdout.on("data", (data: Buffer) => (text.stdout += data.toString()));
        child.stderr.on("data", (data: Buffer) => (text.stderr += data.toString()));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? 124, ...text }));
        child.stdin.on("error", () => undefined);
        child.stdin.end(input);
    });
}

function succeeded(what: string, ran: Ran): string {
    if (ran.code !== 0) {
        throw new Error(`${what}: exit code ${ran.code}\n${ran.stdout}${ran.stderr}`);
    }
    return ran.stdout;
}
