import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pulumiText } from "./pulumi.ts";
import { replaceFile } from "./replaceFile.ts";
import { stateDir } from "./settings.ts";
import { unfinishedOutputs } from "./unfinished.ts";

export type Service = "web" | "ssh" | "flower" | "rabbitmq" | "postgres";

/** What index.ts exports, as far as the lab reads it. */
export interface StackOutputs {
    nodes: {
        name: string;
        location: string;
        publicAddress: string;
        meshAddress: string;
        user: string;
        sshPort: number;
    }[];
    /** Addresses by service and node, and those of a load balancer where there is one. */
    endpoints: Record<Service, Record<string, string>> & {
        domain?: string;
        loadBalancer?: string;
    };
    credentials: Record<string, { user: string; password: string }>;
    /** PEM of the certificate that the web UI shows. */
    certificate: string;
    privateKey: string;
    knownHosts: string;
}

const cache = join(stateDir, "outputs.json");

/**
 * The stack's outputs, secrets included; asked from Pulumi once after each change. After an `up` that failed or while
 * the first one runs, there are none yet: then what the state knows of the machines.
 */
export async function stackOutputs(): Promise<StackOutputs> {
    if (!existsSync(stateDir)) {
        throw new Error("the lab is not up: npm run lab");
    }
    if (!existsSync(cache)) {
        const text = await pulumiText(["stack", "output", "--json", "--show-secrets"]);
        await replaceFile(cache, text);
    }
    const outputs = JSON.parse(await readFile(cache, "utf8")) as Partial<StackOutputs>;
    if (outputs.nodes === undefined) {
        await forgetOutputs();
        const unfinished = await unfinishedOutputs();
        if (unfinished) {
            return unfinished;
        }
        throw new Error("the lab is not up: npm run lab");
    }
    return outputs as StackOutputs;
}

/** To be called before anything that may change them. */
export async function forgetOutputs(): Promise<void> {
    await rm(cache, { force: true });
}
