import type { StackOutputs } from "./outputs.ts";
import { writeSshFiles } from "./ssh.ts";

/** The public ones first. */
const order = ["web", "ssh", "flower", "rabbitmq", "postgres"];

/** What `npm run lab` prints at its end: where everything is, and how to see the logins. */
export async function printEndpoints(outputs: StackOutputs): Promise<void> {
    for (const service of order) {
        console.log(`\n${service}`);
        for (const { name } of outputs.nodes) {
            console.log(`  ${name.padEnd(16)} ${outputs.endpoints[service][name]}`);
        }
    }
    const { key, knownHosts } = await writeSshFiles(outputs);
    console.log(`\nssh wants: -i ${key} -o UserKnownHostsFile=${knownHosts}`);
    console.log("logins: npm run -s lab -- pulumi stack output credentials --show-secrets");
}
