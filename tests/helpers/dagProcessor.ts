import { nodes, onAll, type Node } from "./lab";

const folder = "/run/airflow-dag-processor";
/** There while the node's DAG processor works. */
export const marker = `${folder}/works`;

/** The nodes whose DAG processor works: one, while the others' stand by. Fails when one does neither. */
export async function workingProcessors(): Promise<Node[]> {
    const files = await onAll(`ls ${folder}`);
    return nodes.filter((node) => files[node] === "works\n");
}
