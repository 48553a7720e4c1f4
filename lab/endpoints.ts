import type { StackOutputs } from "./outputs.ts";

/** What `npm run lab` prints at its end: where everything is, and with which login. */
export function printEndpoints({ endpoints, credentials }: StackOutputs): void {
    for (const [what, where] of Object.entries(endpoints)) {
        const lines = typeof where === "string" ? { "": where } : where;
        console.log(`\n${what}`);
        for (const [name, address] of Object.entries(lines)) {
            console.log(`  ${name.padEnd(16)} ${address}`);
        }
    }
    console.log("\nlogins");
    for (const [what, { user, password }] of Object.entries(credentials)) {
        console.log(`  ${what.padEnd(16)} ${user} / ${password}`);
    }
}
