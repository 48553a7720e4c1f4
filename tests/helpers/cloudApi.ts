/** `npm run lab -- ARGS` in one of the labs; gives what it prints. */
export type Lab = (args: string[], input?: string) => Promise<string>;

/** Hetzner's API as a lab's cloud serves it: gives the answer's body, and fails for any status but 2xx. */
export type CloudApi = <T>(method: string, path: string, body?: object) => Promise<T>;

/** The API of the lab's own cloud, with the address and the token that the provider has. */
export async function cloudApi(lab: Lab): Promise<CloudApi> {
    const printed = await lab(["env"]);
    const variable = (name: string) =>
        new RegExp(`^export ${name}='?([^'\\n]+)`, "m").exec(printed)?.[1] ?? "";
    const [endpoint, token] = [variable("HCLOUD_ENDPOINT"), variable("HCLOUD_TOKEN")];
    return async <T>(method: string, path: string, body?: object) => {
        const answer = await fetch(`${endpoint}/${path}`, {
            method,
            headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
            body: body && JSON.stringify(body),
        });
        const text = await answer.text();
        if (!answer.ok) {
            throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        }
        return JSON.parse(text || "{}") as T;
    };
}
