import * as pulumi from "@pulumi/pulumi";
import type { Machine, MeshNode } from "../../components/node";

/** What a program under mocks has registered, in the order of registration. */
export interface Registered {
    type: string;
    name: string;
    parent: string;
    parentType: string;
    dependsOn: string[];
    /** Name of the provider that was set; empty for the default one. */
    provider: string;
    protect: boolean;
    inputs: Record<string, unknown>;
}

/** Marks a secret in the inputs that mocks see. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/**
 * Runs `program` against mocks and gives what it registered. Names of parents and dependencies are the resources'
 * own names; a secret in `inputs` is `{ secret: value }`.
 */
export async function record(program: () => unknown): Promise<Registered[]> {
    const requests: RegisterRequest[] = [];
    const mocks: pulumi.runtime.Mocks = {
        newResource: (args) => ({
            id: args.id ?? String(1000 + requests.length),
            state: { ...outputsOf(args), ...(args.inputs as object) },
        }),
        call: (args) => args.inputs as Record<string, unknown>,
    };
    await pulumi.runtime.setMocks(mocks, "airflow-ha");
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        requests.push(request);
        register(request, callback);
    };
    await program();
    await pulumi.runtime.disconnect();
    return requests.map(describe);
}

/** Three nodes as a mesh gives them, with plain values. */
export function meshNodes(count = 3): MeshNode[] {
    return Array.from({ length: count }, (_, index) => ({
        ...machine(index),
        meshAddress: `10.90.0.${index + 1}`,
    }));
}

/** The machines beneath `meshNodes`. */
export function machine(index: number): Machine {
    return {
        name: `node${index + 1}`,
        location: ["nbg1", "fsn1", "hel1"][index] ?? `location${index + 1}`,
        publicAddress: `198.18.0.${index + 1}`,
        connection: {
            host: `198.18.0.${index + 1}`,
            user: "root",
            privateKey: pulumi.secret("key"),
            hostKey: `ssh-ed25519 key of node${index + 1}`,
        },
        instance: `${1000 + index}`,
    };
}

interface RegisterRequest {
    getType(): string;
    getName(): string;
    getParent(): string;
    getDependenciesList(): string[];
    getProvider(): string;
    getProtect(): boolean;
    getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

interface Monitor {
    registerResource(request: RegisterRequest, callback: unknown): void;
}

function describe(request: RegisterRequest): Registered {
    return {
        type: request.getType(),
        name: request.getName(),
        parent: nameOf(request.getParent()),
        parentType: request.getParent().split("::").at(-2)?.split("$").at(-1) ?? "",
        dependsOn: request.getDependenciesList().map(nameOf).sort(),
        provider: request.getProvider().split("::").at(-2) ?? "",
        protect: request.getProtect(),
        inputs: readable(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    };
}

function nameOf(urn: string): string {
    return urn.slice(urn.lastIndexOf("::") + 2);
}

function readable(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(readable);
    }
    if (value === null || typeof value !== "object") {
        return value;
    }
    const record = value as Record<string, unknown>;
    if (secretSignature in record) {
        return { secret: readable(record.value) };
    }
    return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, readable(each)]));
}

/** What the providers would give for the types whose outputs the program reads. */
function outputsOf(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
    switch (args.type) {
        case "random:index/randomPassword:RandomPassword":
            return { result: pulumi.secret(`password of ${args.name}`) };
        case "tls:index/privateKey:PrivateKey":
            return {
                privateKeyOpenssh: pulumi.secret(`private key of ${args.name}`),
                privateKeyPem: pulumi.secret(`private key of ${args.name} in PEM\n`),
                publicKeyOpenssh: `public key of ${args.name}`,
            };
        case "command:remote:Command":
            return { stdout: `output of ${args.name}` };
        case "tls:index/selfSignedCert:SelfSignedCert":
            return { certPem: `certificate ${args.name}\n` };
        case "hcloud:index/server:Server":
            return { ipv4Address: "198.18.0.1" };
        case "hcloud:index/loadBalancer:LoadBalancer":
            return { ipv4: "198.18.0.9", ipv6: "2001:db8::9" };
        case "hcloud:index/serverNetwork:ServerNetwork":
            return { macAddress: "86:00:00:00:00:01" };
        default:
            return {};
    }
}
