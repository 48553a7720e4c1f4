import { Command, InvalidArgumentError } from "commander";
import { readText } from "./events.ts";
import { report } from "./failure.ts";
import { accessFrom, GitHub, type Post } from "./github.ts";

interface Options {
    pullRequest: number;
    body?: string;
}

new Command("publish")
    .description(
        "Puts a comment on a pull request, or brings the one that it has made before up to date: it is found " +
            "again by its first line. Reads GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL.",
    )
    .requiredOption("--pull-request <number>", "the pull request's number", wholeNumber)
    .option("--body <file>", "the comment, as comment.ts prints it (default: standard input)")
    .action(({ pullRequest, body }: Options) =>
        report(async () => {
            console.log(await publish(pullRequest, readText(body)));
        }),
    )
    .parse();

/** Gives the comment's address. */
async function publish(pullRequest: number, body: string): Promise<string> {
    const mark = /^<!-- airflow-ha preview: .+ -->(?=\n)/.exec(body)?.[0];
    if (mark === undefined) {
        throw new Error("the comment does not begin with the line that comment.ts marks it with");
    }
    const github = new GitHub(accessFrom(process.env));
    const comments = `/issues/${pullRequest}/comments`;
    const old = await github.find(
        `${comments}?per_page=100`,
        (post) => isOurs(post) && begins(post.body, mark),
    );
    const comment = old
        ? await github.send("PATCH", `/issues/comments/${old.id}`, { body })
        : await github.send("POST", comments, { body });
    return comment.html_url;
}

/** Where anybody may comment, somebody could write the mark first, and own the comment that is then kept up to date. */
function isOurs({ user }: Post): boolean {
    return process.env.GITHUB_ACTIONS !== "true" || user?.type === "Bot";
}

/** GitHub gives back lines that end as the browser sent them. */
function begins(body: string | null, mark: string): boolean {
    return body?.split(/\r?\n/)[0] === mark;
}

function wholeNumber(text: string): number {
    if (!/^[1-9]\d{0,9}$/.test(text)) {
        throw new InvalidArgumentError("It is a whole number from 1.");
    }
    return Number(text);
}
