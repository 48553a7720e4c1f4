import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, meshAddresses, nodes, on, tryOn, type Node } from "./lab";
import { root } from "./root";

/** On a node: prints the commit that Airflow has there. */
export const tip = "git --git-dir=/srv/airflow/dags.git rev-parse refs/heads/airflow-ha/dags";

const urlOf = (node: Node) => `ssh://dags@${meshAddresses[node]}/srv/airflow/dags.git`;

export interface Push {
    /** git's exit code, and what it said. */
    code: number;
    stderr: string;
    /** Seconds since 1970, on the clone's node; all machines of a lab have one clock. */
    began: number;
    ended: number;
}

/** Somebody's clone, on one of the nodes, with that user's key. */
export class GitClone {
    private readonly node: Node;
    private readonly folder: string;

    constructor(node: Node, folder = "/root/dags-of-a-user") {
        this.node = node;
        this.folder = folder;
    }

    /** Of what the nodes have, which may be nothing yet. */
    async make(privateKey: string): Promise<void> {
        await on(
            this.node,
            `rm -rf ${this.folder} && git init --quiet --initial-branch=main ${this.folder} && cd ${this.folder}
            install -m 0600 /dev/stdin .git/key <<'KEY'\n${privateKey}KEY
            git config user.name user && git config user.email user@example.com
            git config core.sshCommand "ssh -i ${this.folder}/.git/key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=${this.folder}/.git/known_hosts"
            ${nodes.map((node) => `git remote add ${node} ${urlOf(node)}`).join("\n")}
            sed ${nodes.map((node) => `-e 's/^${node} /${meshAddresses[node]} /'`).join(" ")} /etc/dag-git/known_hosts >.git/known_hosts
            ! git ls-remote --exit-code ${this.node} main || git pull --quiet ${this.node} main`,
        );
    }

    async remove(): Promise<void> {
        await on(this.node, `rm -rf ${this.folder}`);
    }

    /** Runs a script in it, and gives what it prints. */
    run(script: string): Promise<string> {
        return on(this.node, `set -e; cd ${this.folder}\n${script}`);
    }

    /** A commit with one of the lab's DAGs, `changed` a little; gives its id. */
    async commit(name: string, changed = (text: string) => text): Promise<string> {
        const text = changed(readFileSync(join(root, "lab", "dags", `${name}.py`), "utf8"));
        const made = await this.run(
            `cat >${name}.py <<'DAG'\n${text}\nDAG
            date +%N >changed-on-${this.node} && git add . && git commit --quiet --message ${name} && git rev-parse HEAD`,
        );
        return made.trim();
    }

    /** Pushes to a node, or to a URL; whatever comes of it. */
    async push(to: string, option = "", branch = "main"): Promise<Push> {
        const { code, stdout, stderr } = await tryOn(
            this.node,
            `cd ${this.folder} && began=$EPOCHREALTIME
            git push ${option} ${to} ${branch}; code=$?
            echo $began $EPOCHREALTIME; exit $code`,
        );
        const [began, ended] = stdout.trim().split(" ").map(Number);
        return { code, stderr, began, ended };
    }

    /** Commits and pushes to these nodes in turn, for so many seconds, every so many seconds; from there, without this terminal's delays. */
    async pushAlways(
        seconds: number,
        period: number,
        to: Node[],
    ): Promise<(Push & { id: string })[]> {
        const program = readFileSync(join(root, "tests", "helpers", "gitPushes.py"), "utf8");
        const printed = await on(
            this.node,
            `python3 - ${this.folder} changed ${seconds} ${period} ${to.join(" ")} <<'PROGRAM'\n${program}\nPROGRAM`,
            (seconds + 120) * 1000,
        );
        return printed
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Push & { id: string });
    }
}

/** Until all nodes are at the commit. */
export async function everywhere(id: string): Promise<void> {
    await eventually(
        `${id} on all`,
        async () => {
            const tips = await Promise.all(nodes.map((node) => on(node, tip)));
            return tips.every((each) => each.trim() === id) ? true : undefined;
        },
        30_000,
        200,
    );
}
