import { Command } from "commander";
import * as cloud from "./cloud/index.ts";
import { labEnvironment } from "./pulumi.ts";
import { labName } from "./settings.ts";
import { down, pulumi, up } from "./stack.ts";
import { quote } from "./shell.ts";
import { ssh } from "./ssh.ts";
import { printStatus } from "./status.ts";

const program = new Command("npm run lab --")
    .description(`The whole cluster on this machine (lab "${labName}"; LAB_NAME names another).`)
    .showHelpAfterError()
    .enablePositionalOptions();

program
    .command("up", { isDefault: true })
    .description("install what is missing, start the cloud, `pulumi up`, print the endpoints")
    .argument("[nothing...]")
    .action(async (words: string[], _options: object, command: Command) => {
        if (words.length > 0) {
            command.error(`error: unknown command "${words[0]}"; npm run lab -- --help lists them`);
        }
        await up();
    });
program
    .command("status")
    .description("each node and what runs on it; exit code 0 only when all is healthy")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
        process.exitCode = (await printStatus(options.json ?? false)) ? 0 : 1;
    });
program
    .command("ssh")
    .description("log in to a node as root, or run a command there")
    .argument("<node>")
    .argument("[command...]")
    .passThroughOptions()
    .action(async (node: string, command: string[]) => {
        process.exitCode = await ssh(node, command);
    });
for (const [verb, description, act, outcome] of [
    ["stop", "power a node off, at once, as a power cut does", cloud.powerOff, "is off"],
    ["start", "power a node on", cloud.powerOn, "is on and boots"],
    ["cut", "take a node off the network", cloud.cut, "is off the network"],
    ["heal", "put a node back on the network", cloud.heal, "is on the network"],
] as const) {
    program
        .command(verb)
        .description(description)
        .argument("<node>")
        .action(async (node: string) => {
            await act(node);
            console.log(`${node} ${outcome}`);
        });
}
program
    .command("pulumi")
    .description("any Pulumi command in the lab's environment, on the lab's stack")
    .argument("[arguments...]")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
        process.exitCode = await pulumi(args);
    });
program
    .command("env")
    .description('for Pulumi programs of your own in this lab: eval "$(npm run -s lab -- env)"')
    .action(async () => {
        for (const [name, value] of Object.entries(await labEnvironment())) {
            console.log(`export ${name}=${quote(value)}`);
        }
    });
program
    .command("down")
    .description("remove machines, network and state: nothing is left on this machine")
    .action(down);

try {
    await program.parseAsync();
} catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
}
