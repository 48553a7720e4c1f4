import { readFileSync } from "node:fs";
import { endpointPath, tokenPath } from "./paths.ts";

export interface Cloud {
    /** The base of Hetzner's API. */
    endpoint: string;
    token: string;
}

/** How long an answer may take, milliseconds; powering on takes seconds. */
const patience = 60_000;

/** Where the lab's daemon serves, or served last; undefined when there is no lab. */
export function knownCloud(): Cloud | undefined {
    try {
        const { port } = JSON.parse(readFileSync(endpointPath, "utf8")) as { port: number };
        const token = readFileSync(tokenPath, "utf8");
        return { endpoint: `http://127.0.0.1:${port}/v1`, token };
    } catch {
        return undefined;
    }
}

/** Asks the daemon for one of the lab's own paths, such as `servers`. */
export async function askLab<T>(
    { endpoint, token }: Cloud,
    method: string,
    path: string,
): Promise<T> {
    const response = await fetch(`${endpoint.replace(/v1$/, "lab")}/${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(patience),
    });
    const text = await response.text();
    if (!response.ok) {
        const { error } = JSON.parse(text) as { error: { message: string } };
        throw new Error(error.message);
    }
    return (text === "" ? {} : JSON.parse(text)) as T;
}
