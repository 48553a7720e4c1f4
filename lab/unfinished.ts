import { pulumiText } from "./pulumi.ts";
import type { StackOutputs } from "./outputs.ts";

interface Resource {
    urn: string;
    type: string;
    outputs?: Record<string, unknown>;
}

/** What the state of an `up` that did not reach its end tells: enough to log in. Undefined when there is no machine. */
export async function unfinishedOutputs(): Promise<StackOutputs | undefined> {
    const text = await pulumiText(["stack", "export", "--show-secrets"]);
    const { deployment } = JSON.parse(text) as { deployment?: { resources?: Resource[] } };
    const resources = deployment?.resources ?? [];
    const named = (pattern: RegExp) => resources.find(({ urn }) => pattern.test(urn))?.outputs;
    const key = named(/::airflow-key$/)?.privateKeyOpenssh;
    const servers = resources.filter(({ type }) => type === "hcloud:index/server:Server");
    if (key === undefined || servers.length === 0) {
        return undefined;
    }
    const nodes = servers.map(({ outputs = {} }) => ({
        name: String(outputs.name),
        location: String(outputs.location),
        publicAddress: String(outputs.ipv4Address),
        meshAddress: "",
        user: "root",
        sshPort: 22,
    }));
    const knownHosts = nodes.map(({ location, publicAddress }) => {
        const hostKey = named(new RegExp(`::airflow-${location}-host-key$`))?.publicKeyOpenssh;
        return `${publicAddress} ${String(hostKey)}`;
    });
    return {
        nodes,
        endpoints: { web: {}, ssh: {}, flower: {}, rabbitmq: {}, postgres: {} },
        credentials: {},
        certificate: "",
        privateKey: plain(key),
        knownHosts: knownHosts.join(""),
    };
}

/** A secret in an exported state is an object that holds its JSON. */
function plain(value: unknown): string {
    const { plaintext } = value as { plaintext?: string };
    return plaintext === undefined ? String(value) : String(JSON.parse(plaintext));
}
