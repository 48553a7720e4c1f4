import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

type Json = Record<string, unknown>;
interface Thing extends Json {
    id: number;
    name: string;
}

/** As much of the Hetzner Cloud API as the hcloud plugin calls, with nothing behind it. */
export class FakeCloud {
    /** `METHOD /path?query`, in the order in which they came. */
    readonly calls: string[] = [];
    /** Bodies of those that had one. */
    readonly bodies: Json[] = [];
    readonly things: Record<string, Thing[]> = { ssh_keys: [], firewalls: [], servers: [] };
    /** How many looks at an action it takes to be over. */
    looks = 0;
    /** The error that actions end with. */
    actionError: { code: string; message: string } | null = null;
    /** Answers to be given instead of the next ones. */
    readonly refusals: { status: number; code: string }[] = [];
    readonly token = "fake-token";
    readonly #http: Server = createServer((request, response) => {
        void this.#answer(request).then(([status, body]) => {
            response.writeHead(status, { "Content-Type": "application/json" });
            response.end(body && JSON.stringify(body));
        });
    });
    #ids = 100;

    async start(): Promise<string> {
        await new Promise<void>((done) => this.#http.listen(0, "127.0.0.1", done));
        return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/v1`;
    }

    async stop(): Promise<void> {
        this.#http.closeAllConnections();
        await new Promise((done) => this.#http.close(done));
    }

    /** What is not a look at something. */
    get changes(): string[] {
        return this.calls.filter((call) => !call.startsWith("GET"));
    }

    async #answer(request: IncomingMessage): Promise<[number, Json | undefined]> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
            chunks.push(chunk as Buffer);
        }
        const text = Buffer.concat(chunks).toString();
        const body = text === "" ? {} : (JSON.parse(text) as Json);
        const path = (request.url ?? "").replace(/^\/v1/, "");
        this.calls.push(`${request.method} ${path}`);
        if (text !== "") {
            this.bodies.push(body);
        }
        if (request.headers.authorization !== `Bearer ${this.token}`) {
            return failure(401, "unauthorized");
        }
        const refusal = this.refusals.shift();
        return refusal
            ? failure(refusal.status, refusal.code)
            : this.#route(request.method ?? "", new URL(path, "http://fake"), body);
    }

    #route(method: string, url: URL, body: Json): [number, Json | undefined] {
        const [, kind = "", id, , action] = url.pathname.split("/");
        if (kind === "actions") {
            return [200, { action: this.#action(this.looks-- > 0) }];
        }
        if (kind === "server_types" || kind === "images") {
            const known = { id: 7, name: url.searchParams.get("name"), architecture: "x86" };
            return [200, { [kind]: /^(cx|debian)/.test(known.name ?? "") ? [known] : [] }];
        }
        const things = this.things[kind];
        if (!things) {
            return failure(404, "not_found");
        }
        if (id === undefined) {
            const name = url.searchParams.get("name");
            const listed = things.filter((each) => name === null || each.name === name);
            return method === "POST" ? this.#create(kind, things, body) : [200, { [kind]: listed }];
        }
        const thing = things.find((each) => String(each.id) === id);
        if (!thing) {
            return failure(404, "not_found");
        }
        if (action !== undefined) {
            this.#act(thing, action, body);
            const acted = this.#action(false);
            return [201, kind === "firewalls" ? { actions: [acted] } : { action: acted }];
        }
        if (method === "PUT") {
            Object.assign(thing, body);
        }
        if (method === "DELETE") {
            things.splice(things.indexOf(thing), 1);
            return kind === "servers" ? [200, { action: this.#action(false) }] : [204, undefined];
        }
        return [200, { [kind.slice(0, -1)]: thing }];
    }

    #create(kind: string, things: Thing[], body: Json): [number, Json] {
        const name = String(body.name);
        if (things.some((each) => each.name === name)) {
            return failure(409, "uniqueness_error");
        }
        const made: Thing = { labels: {}, ...body, name, id: ++this.#ids };
        if (kind === "ssh_keys") {
            made.fingerprint = "aa:bb";
        } else if (kind === "firewalls") {
            made.applied_to = [];
        } else {
            Object.assign(made, serverOf(body));
        }
        things.push(made);
        return [
            201,
            {
                [kind.slice(0, -1)]: structuredClone(made),
                ...(kind === "servers" && {
                    action: this.#action(this.looks > 0),
                    next_actions: [],
                }),
                ...(kind === "firewalls" && { actions: [] }),
            },
        ];
    }

    #act(thing: Thing, action: string, body: Json): void {
        if (action === "set_rules") {
            thing.rules = body.rules;
        } else if (action === "change_protection") {
            thing.protection = body;
        } else if (action === "poweroff" || action === "shutdown") {
            thing.status = "off";
        } else if (action === "change_type") {
            thing.server_type = { name: body.server_type };
        } else {
            this.#moveFirewall(thing, action, body);
        }
    }

    #moveFirewall(firewall: Thing, action: string, body: Json): void {
        const on = action === "apply_to_resources";
        const resources = (on ? body.apply_to : body.remove_from) as { server: { id: number } }[];
        for (const resource of resources) {
            const server = this.things.servers?.find(({ id }) => id === resource.server.id);
            const net = server?.public_net as { firewalls: { id: number }[] } | undefined;
            if (net) {
                net.firewalls = net.firewalls.filter(({ id }) => id !== firewall.id);
                net.firewalls.push(...(on ? [{ id: firewall.id }] : []));
            }
        }
        firewall.applied_to = on ? resources : [];
    }

    #action(running: boolean) {
        const error = running ? null : this.actionError;
        const status = running ? "running" : error ? "error" : "success";
        return { id: 1, command: "create_server", status, error };
    }
}

function serverOf(body: Json): Json {
    const firewalls = (body.firewalls ?? []) as { firewall: number }[];
    return {
        status: "running",
        server_type: { name: body.server_type },
        image: { id: 7, name: "debian-13" },
        location: { name: body.location ?? "fsn1" },
        public_net: {
            ipv4: { ip: "192.0.2.1" },
            ipv6: { ip: "2001:db8::/64" },
            firewalls: firewalls.map(({ firewall }) => ({ id: firewall, status: "applied" })),
        },
        backup_window: null,
        primary_disk_size: 80,
        protection: { delete: false, rebuild: false },
    };
}

function failure(status: number, code: string): [number, Json] {
    return [status, { error: { code, message: `${code} said the fake` } }];
}
