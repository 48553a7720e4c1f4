import { Command } from "commander";
import { readEvents, type EngineEvent } from "./events.ts";
import { report } from "./failure.ts";
import { accessFrom, GitHub, whereTheWholeIs, type Post } from "./github.ts";
import { countsOf, hasChanges, hasFailed, marker, renderComment } from "./render.ts";

/** The label of all issues about drift. */
const label = "drift";

interface Options {
    stack: string;
    events?: string;
}

new Command("drift")
    .description(
        "Keeps one issue for each stack whose machines are not as the program says: opens it, brings it up to date, " +
            "and closes it when there is no drift any more. Takes the events of `pulumi preview --refresh`. Reads " +
            "GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL. Exit code 1 when the preview itself has failed.",
    )
    .requiredOption("--stack <name>", "the stack that the preview was of")
    .option("--events <file>", "one event a line (default: standard input)")
    .action(({ stack, events }: Options) =>
        report(async () => {
            console.log(await keepIssue(stack, readEvents(events)));
        }),
    )
    .parse();

/** Gives what was done, in one line. */
async function keepIssue(stack: string, events: EngineEvent[]): Promise<string> {
    const mark = marker("drift", stack);
    if (hasFailed(events)) {
        throw new Error(`the preview of ${stack} has failed: it says nothing about drift`);
    }
    const github = new GitHub(accessFrom(process.env));
    const open = await github.find(
        `/issues?state=open&labels=${label}&per_page=100`,
        ({ body, pull_request }) => !pull_request && body?.split(/\r?\n/)[0] === mark,
    );
    if (hasChanges(events)) {
        return raise(github, stack, events, open);
    }
    return open ? close(github, stack, open) : `no drift of ${stack}`;
}

async function raise(
    github: GitHub,
    stack: string,
    events: EngineEvent[],
    open: Post | undefined,
): Promise<string> {
    const whole = whereTheWholeIs(process.env);
    const body = renderComment(events, { stack, kind: "drift", whole });
    const issue = open
        ? await github.send("PATCH", `/issues/${open.number}`, { body })
        : await github.send("POST", "/issues", {
              title: `Drift of ${stack}`,
              body,
              labels: [label],
          });
    const changes = [...countsOf(events)].filter(([operation]) => operation !== "same");
    const counts = changes.map(([operation, count]) => `${count} to ${operation}`).join(", ");
    return `drift of ${stack} (${counts}): ${issue.html_url}`;
}

async function close(github: GitHub, stack: string, { number, html_url }: Post): Promise<string> {
    await github.send("POST", `/issues/${number}/comments`, {
        body: `No drift any more: ${stack} is as the program says.`,
    });
    await github.send("PATCH", `/issues/${number}`, { state: "closed", state_reason: "completed" });
    return `no drift of ${stack} any more, closed: ${html_url}`;
}
