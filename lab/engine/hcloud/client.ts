import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two looks at an action. */
const pollInterval = 500;
/** How long one request may take, milliseconds. */
const requestPatience = 60_000;
/** How often and after how many milliseconds at first a request is sent again that may succeed then. */
const retries = 5;
const firstRetryDelay = 500;

export interface Action {
    id: number;
    status: "running" | "success" | "error";
    command: string;
    error: { code: string; message: string } | null;
}

/** An error that the API answered with. */
export class ApiError extends Error {
    readonly status: number;
    readonly code: string;

    constructor(status: number, code: string, message: string) {
        super(`${message} (${code})`);
        this.status = status;
        this.code = code;
    }
}

interface Failure {
    error?: { code?: string; message?: string };
}

/** Talks to the Hetzner Cloud API: https://docs.hetzner.cloud. */
export class Client {
    readonly #endpoint: string;
    readonly #token: string;

    constructor(endpoint: string, token: string) {
        this.#endpoint = endpoint.replace(/\/$/, "");
        this.#token = token;
    }

    async get<T>(path: string, signal: AbortSignal): Promise<T> {
        return (await this.#request("GET", path, undefined, signal)) as T;
    }

    /** Undefined where the API says that it is not there. */
    async find<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
        return absentIfGone(this.get<T>(path, signal));
    }

    async post<T>(path: string, body: object, signal: AbortSignal): Promise<T> {
        return (await this.#request("POST", path, body, signal)) as T;
    }

    async put<T>(path: string, body: object, signal: AbortSignal): Promise<T> {
        return (await this.#request("PUT", path, body, signal)) as T;
    }

    /** Deletes; what is gone already is no error. */
    async delete(path: string, signal: AbortSignal): Promise<void> {
        const deleted = await absentIfGone(this.#request("DELETE", path, undefined, signal));
        await this.wait((deleted as { action?: Action } | undefined)?.action, signal);
    }

    /** Awaits the end of actions, and fails with the first one that failed. */
    async wait(actions: Action | Action[] | undefined, signal: AbortSignal): Promise<void> {
        for (let action of [actions ?? []].flat()) {
            while (action.status === "running") {
                await delay(pollInterval, undefined, { signal });
                const path = `/actions/${action.id}`;
                action = (await this.get<{ action: Action }>(path, signal)).action;
            }
            if (action.status === "error") {
                const { code, message } = action.error ?? { code: "unknown", message: "failed" };
                throw new Error(`${action.command}: ${message} (${code}, action ${action.id})`);
            }
        }
    }

    async #request(
        method: string,
        path: string,
        body: object | undefined,
        signal: AbortSignal,
    ): Promise<unknown> {
        for (let attempt = 0; ; attempt++) {
            const response = await this.#send(method, path, body, signal);
            const text = await response.text();
            if (response.ok) {
                return text === "" ? {} : JSON.parse(text);
            }
            const error = apiError(response.status, text);
            if (attempt >= retries || !worthRetrying(error)) {
                throw error;
            }
            await delay(firstRetryDelay * 2 ** attempt, undefined, { signal });
        }
    }

    async #send(method: string, path: string, body: object | undefined, signal: AbortSignal) {
        const headers = {
            Authorization: `Bearer ${this.#token}`,
            ...(body && { "Content-Type": "application/json" }),
        };
        // An interrupt does not end a change that is being sent: the answer has the id of what was made.
        const patience = AbortSignal.timeout(requestPatience);
        const request = {
            method,
            headers,
            signal: method === "GET" ? AbortSignal.any([signal, patience]) : patience,
            body: body && JSON.stringify(body),
        };
        try {
            return await fetch(`${this.#endpoint}${path}`, request);
        } catch (error) {
            if (method === "GET") {
                signal.throwIfAborted();
            }
            const reason = error instanceof Error && error.cause ? error.cause : error;
            throw new Error(`${method} ${this.#endpoint}${path}: ${String(reason)}`, {
                cause: error,
            });
        }
    }
}

async function absentIfGone<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof ApiError && error.status === 404) {
            return undefined;
        }
        throw error;
    }
}

function apiError(status: number, text: string): ApiError {
    const { code = `status ${status}`, message = text } = parsed(text).error ?? {};
    const hint = status === 401 ? ": the API refuses the token (hcloud:token or HCLOUD_TOKEN)" : "";
    return new ApiError(status, code, `${message}${hint}`);
}

function parsed(text: string): Failure {
    try {
        return JSON.parse(text) as Failure;
    } catch {
        return {};
    }
}

/** As in hcloud-go: another change is under way, too many requests, or a gateway that has no answer. */
function worthRetrying({ status, code }: ApiError): boolean {
    return (
        code === "conflict" || code === "rate_limit_exceeded" || status === 502 || status === 504
    );
}
