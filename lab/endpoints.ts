import type { StackOutputs } from "./outputs.ts";

/** What `npm run lab` prints at its end: where everything is, and how to see the logins. */
export function printEndpoints({ endpoints }: StackOutputs): void {
    for (const [service, addresses] of Object.entries(endpoints)) {
        console.log(`\n${service}`);
        for (const [name, address] of Object.entries(addresses)) {
            console.log(`  ${name.padEnd(16)} ${address}`);
        }
    }
    console.log("\nlogins: npm run -s lab -- pulumi stack output credentials --show-secrets");
}
