import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../helpers/root";
import { failedPreview, preview, script } from "./events";
import { FakeGitHub } from "./fakeGitHub";

jest.setTimeout(60_000);

const changed = preview([
    {
        op: "update",
        in: "EtcdCluster etcd",
        name: "etcd-a-start",
        before: script("A='a'"),
        after: script("A='b'"),
    },
]);
const unchanged = preview([]);

let github: FakeGitHub;

beforeEach(async () => {
    github = new FakeGitHub();
    await github.listen();
});
afterEach(() => github.close());

interface Ran {
    code: number | null;
    stdout: string;
    stderr: string;
}

/** A program of scripts/ci with this on its standard input, in the environment of a workflow's job. */
function run(args: string[], input: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const [program = "", ...rest] = args;
    const child = spawn(
        join(root, "node_modules/.bin/node"),
        [join(root, "scripts/ci", program), ...rest],
        {
            env: {
                PATH: process.env.PATH,
                GITHUB_API_URL: github.url,
                GITHUB_REPOSITORY: "owner/name",
                GITHUB_TOKEN: FakeGitHub.token,
                ...env,
            },
        },
    );
    const ran: Ran = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (text: Buffer) => (ran.stdout += text.toString()));
    child.stderr.on("data", (text: Buffer) => (ran.stderr += text.toString()));
    // A program that ends at once for its arguments does not read.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return new Promise((resolve) => child.on("close", (code) => resolve({ ...ran, code })));
}

const comment = (id: number, body: string) => ({ id, number: 0, body });

describe("publish.ts", () => {
    const body = "<!-- airflow-ha preview: dev -->\n**new**\n";
    const publish = (text = body, env?: NodeJS.ProcessEnv, number = "7") =>
        run(["publish.ts", "--pull-request", number], text, env);

    test("puts what comment.ts prints on the pull request", async () => {
        const printed = await run(["comment.ts", "--stack", "dev"], changed);
        expect(await publish(printed.stdout)).toEqual({
            code: 0,
            stdout: "https://github/1000\n",
            stderr: "",
        });
        expect(github.comments.map((each) => each.body)).toEqual([printed.stdout]);
        expect(printed.stdout).toContain("1 to update");
    });

    test("brings its comment up to date, which is on the third page, and makes no second one", async () => {
        const others = [1, 2, 3, 4].map((id) => comment(id, `comment ${id}`));
        const its = comment(5, "<!-- airflow-ha preview: dev -->\r\n**old**\r\n");
        github.comments = [...others, its];
        expect((await publish()).code).toBe(0);
        expect((await publish()).code).toBe(0);
        expect(github.comments).toHaveLength(5);
        expect(github.comments[4]).toMatchObject({ id: 5, body });
        expect(github.writes).toEqual(["PATCH /issues/comments/5", "PATCH /issues/comments/5"]);
    });

    test("in a workflow, leaves a comment that a stranger has begun with the marker", async () => {
        const mark = "<!-- airflow-ha preview: dev -->\n";
        github.comments = [
            { ...comment(1, `${mark}no changes`), user: { type: "User" } },
            { ...comment(2, `${mark}**old**`), user: { type: "Bot" } },
        ];
        expect((await publish(body, { GITHUB_ACTIONS: "true" })).code).toBe(0);
        expect(github.writes).toEqual(["PATCH /issues/comments/2"]);
    });

    test("leaves the comment of another stack, and one that only quotes the marker", async () => {
        github.comments = [
            comment(1, "<!-- airflow-ha preview: dev2 -->\n"),
            comment(2, "> <!-- airflow-ha preview: dev -->\n"),
        ];
        await publish();
        expect(github.comments.map((each) => each.body.split("\n")[0])).toEqual([
            "<!-- airflow-ha preview: dev2 -->",
            "> <!-- airflow-ha preview: dev -->",
            "<!-- airflow-ha preview: dev -->",
        ]);
    });

    test.each([
        [
            "a token that is not valid",
            { GITHUB_TOKEN: "ghs_wrong-token" },
            "7",
            "GitHub answers 401 (Bad credentials): GITHUB_TOKEN is not valid",
        ],
        [
            "a pull request that is not there",
            {},
            "8",
            "GitHub answers 404 (Not Found): there is no such thing in GITHUB_REPOSITORY, or GITHUB_TOKEN may not see it",
        ],
    ])("%s", async (_, env, number, says) => {
        const ran = await publish(body, env, number);
        expect(ran).toEqual({
            code: 1,
            stdout: "",
            stderr: `error: GET ${github.url}/repos/owner/name/issues/${number}/comments?per_page=100: ${says}\n`,
        });
    });

    test.each([
        [
            "a job without the right",
            { status: 403, message: "Resource not accessible by integration" },
            "GitHub answers 403 (Resource not accessible by integration): GITHUB_TOKEN may not do this, see the workflow's `permissions`",
        ],
        [
            "too many requests",
            {
                status: 403,
                message: "API rate limit exceeded",
                headers: { "x-ratelimit-remaining": "0" },
            },
            "GitHub answers 403 (API rate limit exceeded): too many requests, run the job again later",
        ],
    ])("%s", async (_, refusal, says) => {
        github.refusal = refusal;
        const { code, stderr } = await publish();
        expect(code).toBe(1);
        expect(stderr).toContain(says);
        expect(stderr.split("\n")).toHaveLength(2);
        expect(stderr).not.toContain(FakeGitHub.token);
    });

    test("no answer at all", async () => {
        const ran = await publish(body, { GITHUB_API_URL: "http://127.0.0.1:9" });
        expect(ran.stderr).toMatch(/^error: GET .*: no answer from GitHub \(.+\)\n$/);
    });

    test("a list that goes on at another server does not get the token", async () => {
        github.comments = [1, 2, 3].map((id) => comment(id, `comment ${id}`));
        github.elsewhere = "elsewhere.example";
        const { stderr } = await publish();
        expect(stderr).toMatch(
            /^error: GitHub's list goes on at another server \(http:\/\/elsewhere\.example(:\d+)?\)\n$/,
        );
        expect(github.writes).toEqual([]);
    });

    test.each([
        ["nothing of GitHub in the environment", body, { GITHUB_TOKEN: "", GITHUB_REPOSITORY: "" }],
        ["a comment without its marker", "**new**\n", {}],
    ])("%s", async (what, text, env) => {
        const { code, stderr } = await publish(text, env);
        expect(code).toBe(1);
        expect(stderr).toBe(
            what.startsWith("nothing")
                ? "error: GITHUB_TOKEN and GITHUB_REPOSITORY must be set in the environment\n"
                : "error: the comment does not begin with the line that comment.ts marks it with\n",
        );
        expect(github.requests).toEqual([]);
    });
});

describe("drift.ts", () => {
    const drift = (events: string) => run(["drift.ts", "--stack", "dev"], events);
    const mark = "<!-- airflow-ha drift: dev -->";
    const other = {
        ...{ id: 1, number: 1, state: "open", labels: ["drift"] },
        body: "<!-- airflow-ha drift: prod -->\n",
    };

    test("opens one issue, keeps it up to date, and closes it when there is no drift any more", async () => {
        github.issues = [other, { ...other, id: 2, number: 2 }];
        expect((await drift(changed)).stdout).toBe(
            "drift of dev (1 to update): https://github/1000\n",
        );
        expect(github.issues[2]).toMatchObject({ title: "Drift of dev", labels: ["drift"] });
        expect(github.issues[2]?.body.split("\n")[0]).toBe(mark);

        // The third of the open ones is on the second page.
        expect((await drift(changed)).code).toBe(0);
        expect(github.issues).toHaveLength(3);

        expect((await drift(unchanged)).stdout).toMatch(/^no drift of dev any more, closed: /);
        expect(github.issues.map(({ state }) => state)).toEqual(["open", "open", "closed"]);
        expect(github.comments.map(({ body }) => body)).toEqual([
            "No drift any more: dev is as the program says.",
        ]);

        // A closed one is not opened again: it has its own story.
        expect((await drift(changed)).code).toBe(0);
        expect(github.issues).toHaveLength(4);
    });

    test("does nothing where there is no drift and was none", async () => {
        expect(await drift(unchanged)).toEqual({
            code: 0,
            stdout: "no drift of dev\n",
            stderr: "",
        });
        expect(github.writes).toEqual([]);
    });

    test("leaves a pull request alone that has the same label and text", async () => {
        github.issues = [{ ...other, body: `${mark}\n`, pull_request: {} }];
        await drift(changed);
        expect(github.writes).toEqual(["POST /issues"]);
    });

    test("a preview that failed neither opens nor closes anything", async () => {
        github.issues = [{ ...other, body: `${mark}\n` }];
        expect(await drift(failedPreview("no token"))).toEqual({
            code: 1,
            stdout: "",
            stderr: "error: the preview of dev has failed: it says nothing about drift\n",
        });
        expect(github.requests).toEqual([]);
    });
});
