import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { timingSafeEqual } from "node:crypto";
import { ApiError } from "./errors.ts";

export interface Request {
    params: Record<string, string>;
    query: URLSearchParams;
    body: unknown;
}

export interface Response {
    /** @default 200, or 201 for POST */
    status?: number;
    /** @default none */
    body?: object;
}

/** Method, path with `:parameters`, and what answers. The first one that fits is taken. */
export type Route = [
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    handler: (request: Request) => Response | Promise<Response>,
];

/** Longest body that is read, bytes. */
const longestBody = 1_000_000;

/** Answers requests that bear the token; `log` gets a line of each one that changes something or fails. */
export function serve(routes: Route[], token: string, log: (line: string) => void): Server {
    const table = routes.map(([method, path, handler]) => ({
        method,
        handler,
        pattern: new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`),
    }));
    const answer = async (request: IncomingMessage): Promise<Response> => {
        authorize(request, token);
        const url = new URL(request.url ?? "/", "http://localhost");
        for (const { method, pattern, handler } of table) {
            const match = method === request.method ? pattern.exec(url.pathname) : null;
            if (match) {
                const params = Object.fromEntries(
                    Object.entries(match.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]),
                );
                const body = await bodyOf(request);
                return handler({ params, query: url.searchParams, body });
            }
        }
        const what = `${request.method} ${url.pathname}`;
        throw new ApiError(404, "not_found", `the lab's cloud does not have ${what}`);
    };
    return createServer((request, response) => {
        answer(request)
            .catch((error: unknown) => failure(error, log))
            .then(({ status, body }) => {
                const code = status ?? (request.method === "POST" ? 201 : 200);
                if (request.method !== "GET" || code >= 400) {
                    log(`${request.method} ${request.url} ${code}`);
                }
                send(response, code, body);
            })
            .catch((error: unknown) => log(`answer not sent: ${String(error)}`));
    });
}

function authorize(request: IncomingMessage, token: string): void {
    const given = Buffer.from(request.headers.authorization ?? "");
    const wanted = Buffer.from(`Bearer ${token}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
        throw new ApiError(401, "unauthorized", "unable to authenticate");
    }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > longestBody) {
            throw new ApiError(413, "invalid_input", "the request is too long");
        }
        chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    try {
        return text === "" ? undefined : (JSON.parse(text) as unknown);
    } catch {
        throw new ApiError(400, "json_error", "the request's body is no valid JSON");
    }
}

function failure(error: unknown, log: (line: string) => void): Response {
    const known =
        error instanceof ApiError ? error : new ApiError(500, "service_error", String(error));
    if (known !== error) {
        log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const { status, code, message, details } = known;
    return { status, body: { error: { code, message, details } } };
}

function send(response: ServerResponse, status: number, body: object | undefined): void {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
}
