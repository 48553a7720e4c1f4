import { Command } from "commander";
import { readEvents } from "./events.ts";
import { report } from "./failure.ts";
import { whereTheWholeIs } from "./github.ts";
import { renderComment } from "./render.ts";

interface Options {
    stack: string;
    events?: string;
}

const events = `
Either of these gives the events:
  PULUMI_DEBUG_COMMANDS=true pulumi preview --diff --event-log FILE
  PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json >FILE`;

new Command("comment")
    .description(
        "Prints what a reviewer should see of a preview, in Markdown, from the events of Pulumi's engine.",
    )
    .addHelpText("after", events)
    .requiredOption("--stack <name>", "the stack that the preview was of")
    .option("--events <file>", "one event a line (default: standard input)")
    .action(({ stack, events }: Options) =>
        report(() => {
            const whole = whereTheWholeIs(process.env);
            process.stdout.write(renderComment(readEvents(events), { stack, whole }));
        }),
    )
    .parse();
