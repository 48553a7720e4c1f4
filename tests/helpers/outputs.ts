import { AirflowApi } from "../../lab/airflow";
import { lab, type Node } from "./lab";

/** What the stack exports, as far as the tests read it. */
export interface Outputs {
    nodes: { name: Node; location: string; publicAddress: string; meshAddress: string }[];
    endpoints: Record<"web" | "flower" | "rabbitmq" | "postgres" | "ssh", Record<Node, string>>;
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

/** The REST API of one node's web UI, over HTTPS with the certificate that the stack exports. */
export function airflowApi({ endpoints, certificate, credentials }: Outputs, node: Node) {
    return new AirflowApi({ url: endpoints.web[node], certificate, ...credentials.airflow });
}
