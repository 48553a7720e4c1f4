import type { StackOutputs } from "./outputs.ts";
import { writeSshFiles } from "./ssh.ts";

/** The public ones first. */
const order = ["web", "ssh", "flower", "rabbitmq", "postgres"];

/** What `npm run lab` prints at its end: where everything is, and how to see the logins. */
export async function printEndpoints(outputs: StackOutputs): Promise<void> {
    const { config } = await writeSshFiles(outputs);
    for (const service of order) {
        console.log(`\n${service}`);
        for (const { name } of outputs.nodes) {
            const endpoint = outputs.endpoints[service][name].replace(/^ssh /, `ssh -F ${config} `);
            console.log(`  ${name.padEnd(16)} ${endpoint}`);
        }
    }
    console.log("\nlogins: npm run -s lab -- pulumi stack output credentials --show-secrets");
}
