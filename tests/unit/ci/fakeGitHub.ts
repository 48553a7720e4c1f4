import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Item {
    id: number;
    number: number;
    body: string;
    title?: string;
    state?: string;
    labels?: string[];
    pull_request?: object;
    user?: { type: string };
}

/**
 * The part of GitHub's REST API that scripts/ci uses, for the repository `owner/name` with the pull request 7: lists of
 * two items a page with Link headers, and GitHub's own answers to what is refused.
 */
export class FakeGitHub {
    static readonly token = "ghs_secret-token";

    comments: Item[] = [];
    issues: Item[] = [];
    /** `POST /issues/7/comments`, in the order in which they came. */
    readonly requests: string[] = [];
    /** Where a list's next page is said to be; itself by default. */
    elsewhere?: string;
    /** Answers all requests by this status and message. */
    refusal?: { status: number; message: string; headers?: Record<string, string> };

    #nextId = 1000;
    readonly #server = createServer((request, response) => void this.#answer(request, response));

    async listen(): Promise<void> {
        await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    }

    async close(): Promise<void> {
        await new Promise((resolve) => this.#server.close(resolve));
    }

    get url(): string {
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    }

    get writes(): string[] {
        return this.requests.filter((request) => !request.startsWith("GET"));
    }

    async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const url = new URL(request.url ?? "", this.url);
        const path = url.pathname.replace(/^\/repos\/owner\/name(?=\/)/, "");
        this.requests.push(`${request.method} ${path}`);
        const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
            response
                .writeHead(status, { "content-type": "application/json", ...headers })
                .end(JSON.stringify(body));
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
            chunks.push(chunk as Buffer);
        }
        const sent = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Partial<Item>;
        if (this.refusal) {
            const { status, message, headers } = this.refusal;
            send(status, { message, documentation_url: "https://docs.github.com" }, headers);
        } else if (request.headers.authorization !== `Bearer ${FakeGitHub.token}`) {
            send(401, { message: "Bad credentials" });
        } else if (path === url.pathname) {
            send(404, { message: "Not Found" });
        } else if (request.method === "GET") {
            this.#list(path, url, send);
        } else {
            this.#write(request.method ?? "", path, sent, send);
        }
    }

    #list(path: string, url: URL, send: Send): void {
        const all = {
            "/issues/7/comments": this.comments,
            "/issues": this.issues.filter(
                ({ state, labels = [] }) =>
                    state === url.searchParams.get("state") &&
                    labels.includes(url.searchParams.get("labels") ?? ""),
            ),
        }[path];
        if (all === undefined) {
            send(404, { message: "Not Found" });
            return;
        }
        const page = Number(url.searchParams.get("page") ?? "1");
        const next = new URL(url);
        next.searchParams.set("page", String(page + 1));
        next.host = this.elsewhere ?? next.host;
        const link = `<${url.href}>; rel="prev", <${next.href}>; rel="next", <${next.href}>; rel="last"`;
        send(200, all.slice(2 * (page - 1), 2 * page), all.length > 2 * page ? { link } : {});
    }

    #write(method: string, path: string, sent: Partial<Item>, send: Send): void {
        const [, number, comments] = /^\/issues(?:\/(\d+)(\/comments)?)?$/.exec(path) ?? [];
        const id = /^\/issues\/comments\/(\d+)$/.exec(path)?.[1];
        const old = id
            ? this.comments.find((comment) => comment.id === Number(id))
            : this.issues.find((issue) => issue.number === Number(number));
        const known = comments
            ? number === "7" || old
            : method === "PATCH"
              ? old
              : path === "/issues";
        if (!known) {
            send(404, { message: "Not Found" });
        } else if (method === "PATCH" && old) {
            send(200, Object.assign(old, sent, { html_url: `https://github/${old.id}` }));
        } else {
            const item = {
                id: this.#nextId++,
                number: this.#nextId,
                body: "",
                state: "open",
                ...sent,
            };
            (comments ? this.comments : this.issues).push(item);
            send(201, { ...item, html_url: `https://github/${item.id}` });
        }
    }
}

type Send = (status: number, body: unknown, headers?: Record<string, string>) => void;
