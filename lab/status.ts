import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudStatus } from "./cloud/index.ts";
import { problems, type Check, type NodeStatus } from "./nodeStatus.ts";
import { stackOutputs } from "./outputs.ts";
import { root } from "./root.ts";
import { sshScript } from "./ssh.ts";

export interface LabStatus {
    healthy: boolean;
    nodes: NodeStatus[];
}

/** Asks every node; a node that does not answer is one bad check. */
export async function labStatus(): Promise<LabStatus> {
    const [outputs, cloud] = await Promise.all([stackOutputs(), cloudStatus()]);
    const nodes = await Promise.all(
        outputs.nodes.map(async (node): Promise<NodeStatus> => {
            const server = cloud.servers.find((each) => each.name === node.name);
            const power = server?.power ?? "off";
            const cut = server?.cut ?? false;
            const checks = power === "on" && !cut ? await checksOf(node.name) : [];
            return { ...node, power, cut, checks };
        }),
    );
    return { nodes, healthy: problems(nodes).length === 0 };
}

/** Prints the status; true when all is healthy. */
export async function printStatus(json: boolean): Promise<boolean> {
    const status = await labStatus();
    console.log(json ? JSON.stringify(status, null, 2) : readable(status));
    return status.healthy;
}

async function checksOf(node: string): Promise<Check[]> {
    const script = readFileSync(join(root, "lab", "health.sh"), "utf8");
    try {
        const lines = (await sshScript(node, script)).split("\n");
        return lines
            .map((line) => line.split("\t"))
            .map(([name, state, detail]) => ({ name, healthy: state === "ok", detail }));
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return [{ name: "ssh", healthy: false, detail: reason }];
    }
}

function readable({ nodes, healthy }: LabStatus): string {
    const lines = nodes.flatMap((node) => [
        `${node.name} (${node.location}) ${node.publicAddress}, mesh ${node.meshAddress}: ` +
            `power ${node.power}${node.cut ? ", cut off the network" : ""}`,
        ...node.checks.map(
            (check) =>
                `  ${check.healthy ? "ok " : "BAD"} ${check.name.padEnd(12)} ${check.detail}`,
        ),
    ]);
    return [...lines, healthy ? "all healthy" : "NOT healthy"].join("\n");
}
