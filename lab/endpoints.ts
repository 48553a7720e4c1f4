import type { Service, StackOutputs } from "./outputs.ts";
import { writeSshFiles } from "./ssh.ts";

/** The public ones first. */
const order: Service[] = ["web", "ssh", "flower", "rabbitmq", "postgres"];

/** What `npm run lab` prints at its end: where everything is, and how to see the logins. */
export async function printEndpoints(outputs: StackOutputs): Promise<void> {
    const { config } = await writeSshFiles(outputs);
    const { domain, loadBalancer } = outputs.endpoints;
    if (domain && loadBalancer) {
        // No resolver knows the lab's names.
        console.log(`\nload balancer\n  ${domain} at ${loadBalancer}`);
    }
    for (const service of order) {
        console.log(`\n${service}`);
        for (const [name, address] of Object.entries(outputs.endpoints[service])) {
            const endpoint = address.replace(/^ssh /, `ssh -F ${config} `);
            console.log(`  ${name.padEnd(16)} ${endpoint}`);
        }
    }
    console.log("\nlogins: npm run -s lab -- pulumi stack output credentials --show-secrets");
}
