/** What GitHub's REST API is asked with; it comes from the environment of a workflow's job. */
export interface Access {
    /** @default "https://api.github.com" */
    url: string;
    /** `owner/name` */
    repository: string;
    token: string;
}

/** A comment or an issue, as far as it is read here. */
export interface Post {
    id: number;
    /** Of an issue. */
    number: number;
    body: string | null;
    html_url: string;
    /** GitHub's own token writes as a "Bot". */
    user?: { type: string } | null;
    /** An issue that has it is a pull request. */
    pull_request?: unknown;
}

/** Seconds that one answer may take. */
const patience = 30;

type Environment = Record<string, string | undefined>;

/** @throws Error that names all variables which are missing. */
export function accessFrom(env: Environment): Access {
    const missing = ["GITHUB_TOKEN", "GITHUB_REPOSITORY"].filter((name) => !env[name]);
    if (missing.length > 0) {
        throw new Error(`${missing.join(" and ")} must be set in the environment`);
    }
    return {
        url: (env.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, ""),
        repository: env.GITHUB_REPOSITORY ?? "",
        token: env.GITHUB_TOKEN ?? "",
    };
}

/** The job's log in Markdown, as a link where this runs in a workflow. */
export function whereTheWholeIs(env: Environment): string {
    const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
    return GITHUB_SERVER_URL && GITHUB_REPOSITORY && GITHUB_RUN_ID
        ? `[the job's log and artifact](${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID})`
        : "the preview's log";
}

/** One repository by GitHub's REST API. Its errors say what to do about them, and never hold the token. */
export class GitHub {
    readonly #access: Access;

    constructor(access: Access) {
        this.#access = access;
    }

    /** @param path Under the repository, such as `/issues/7/comments`. */
    async send(method: "POST" | "PATCH", path: string, body: object): Promise<Post> {
        const response = await this.#request(method, this.#url(path), JSON.stringify(body));
        return (await response.json()) as Post;
    }

    /** The first comment or issue of a list that meets the condition, on whichever of its pages it is. */
    async find(path: string, wanted: (post: Post) => boolean): Promise<Post | undefined> {
        let page: string | undefined = this.#url(path);
        while (page !== undefined) {
            const response = await this.#request("GET", page);
            const found = ((await response.json()) as Post[]).find(wanted);
            if (found) {
                return found;
            }
            page = this.#next(response);
        }
        return undefined;
    }

    #url(path: string): string {
        return `${this.#access.url}/repos/${this.#access.repository}${path}`;
    }

    #next(response: Response): string | undefined {
        const link = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
        if (link !== undefined && new URL(link).origin !== new URL(this.#access.url).origin) {
            throw new Error(`GitHub's list goes on at another server (${new URL(link).origin})`);
        }
        return link;
    }

    async #request(method: string, url: string, body?: string): Promise<Response> {
        const what = `${method} ${url}`;
        const response = await fetch(url, {
            method,
            body,
            headers: {
                accept: "application/vnd.github+json",
                authorization: `Bearer ${this.#access.token}`,
                "content-type": "application/json",
                "user-agent": "airflow-ha",
                "x-github-api-version": "2022-11-28",
            },
            signal: AbortSignal.timeout(patience * 1000),
        }).catch((error: unknown) => {
            throw new Error(`${what}: no answer from GitHub (${causeOf(error)})`);
        });
        if (!response.ok) {
            throw new Error(`${what}: ${await explain(response)}`);
        }
        return response;
    }
}

function causeOf(error: unknown): string {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error ? cause.message || cause.name : String(cause);
}

async function explain(response: Response): Promise<string> {
    const said = await response.text();
    let message = said.slice(0, 200);
    try {
        message = String((JSON.parse(said) as { message: unknown }).message);
    } catch {
        // Not from GitHub itself but from a proxy on the way: its text is all there is.
    }
    return `GitHub answers ${response.status} (${message})${advice(response)}`;
}

function advice({ status, headers }: Response): string {
    if (headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after")) {
        return ": too many requests, run the job again later";
    }
    switch (status) {
        case 401:
            return ": GITHUB_TOKEN is not valid";
        case 403:
            return ": GITHUB_TOKEN may not do this, see the workflow's `permissions`";
        case 404:
            return ": there is no such thing in GITHUB_REPOSITORY, or GITHUB_TOKEN may not see it";
        default:
            return "";
    }
}
