import { AirflowApi, type RunState } from "../../lab/airflow";
import { eventually, lab, type Node } from "./lab";

/** What the stack exports, as far as the tests read it. */
export interface Outputs {
    nodes: { name: Node; location: string; publicAddress: string; meshAddress: string }[];
    endpoints: Record<"web" | "flower" | "rabbitmq" | "postgres" | "ssh", Record<Node, string>> & {
        domain?: string;
        loadBalancer?: string;
    };
    credentials: Record<
        "airflow" | "flower" | "rabbitmq" | "postgres",
        { user: string; password: string }
    >;
    certificate: string;
}

/** Asks Pulumi for the stack's outputs, secrets included. */
export async function outputs(): Promise<Outputs> {
    const args = ["pulumi", "stack", "output", "--json", "--show-secrets"];
    return JSON.parse(await lab(args)) as Outputs;
}

/** A resource as the stack's exported state has it. */
export interface Resource {
    urn: string;
    type: string;
    id: string;
    outputs?: Record<string, unknown>;
}

/** The resources of the stack's state; secrets stay encrypted. */
export async function resources(): Promise<Resource[]> {
    const state = JSON.parse(await lab(["pulumi", "stack", "export"])) as {
        deployment: { resources?: Resource[] };
    };
    return state.deployment.resources ?? [];
}

/** The REST API of one node's web UI, over HTTPS with the certificate that the stack exports. */
export function airflowApi({ endpoints, certificate, credentials }: Outputs, node: Node) {
    return new AirflowApi({ url: endpoints.web[node], certificate, ...credentials.airflow });
}

/** Triggers the DAG, as soon as Airflow knows it, and awaits the run's end. Gives the run's id and last state. */
export async function runToEnd(
    api: AirflowApi,
    dag: string,
): Promise<{ run: string; state: RunState }> {
    const minutes = 5 * 60_000;
    const run = await eventually(`a run of ${dag}`, () => api.trigger(dag), minutes);
    const state = await eventually(
        `the end of run ${run}`,
        async () => {
            const now = await api.runState(dag, run);
            return now === "success" || now === "failed" ? now : undefined;
        },
        minutes,
    );
    return { run, state };
}
