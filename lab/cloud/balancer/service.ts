import http from "node:http";
import https from "node:https";
import { type BalancerConfig, healthKey } from "./config.ts";

type Config = BalancerConfig["services"][number];
type Target = BalancerConfig["targets"][number];

/** Belong to one hop only (RFC 9110, 7.6.1). */
const ofOneHop = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/** One port of a load balancer: ends TLS, and sends each request to the next target that is healthy. */
export class Service {
    readonly #port: number;
    readonly #tell: (key: string, status: string) => void;
    readonly #agent = new http.Agent({ keepAlive: true });
    #server: https.Server | undefined;
    #redirect: http.Server | undefined;
    #config: Config | undefined;
    #targets: Target[] = [];
    #checks: NodeJS.Timeout | undefined;
    readonly #failures = new Map<number, number>();
    readonly #healthy = new Set<number>();
    #turn = 0;

    constructor(port: number, tell: (key: string, status: string) => void) {
        this.#port = port;
        this.#tell = tell;
    }

    configure(config: Config, targets: Target[]): void {
        this.#config = config;
        this.#targets = targets;
        const [{ certificate: cert, key }] = config.certificates;
        if (this.#server) {
            this.#server.setSecureContext({ cert, key });
        } else {
            const handler = (request: http.IncomingMessage, response: http.ServerResponse) =>
                this.#forward(request, response);
            this.#server = https.createServer({ cert, key }, handler).listen(this.#port);
        }
        if (config.http.redirect_http) {
            this.#redirect ??= http.createServer(redirect).listen(80);
        } else {
            this.#redirect?.close();
            this.#redirect = undefined;
        }
        clearInterval(this.#checks);
        this.#checks = setInterval(() => this.#checkAll(), config.health_check.interval * 1_000);
        this.#checkAll();
    }

    close(): void {
        clearInterval(this.#checks);
        for (const server of [this.#server, this.#redirect]) {
            server?.close();
            server?.closeAllConnections();
        }
        this.#agent.destroy();
    }

    #checkAll(): void {
        for (const target of this.#targets) {
            this.#check(target);
        }
    }

    #check({ server, address }: Target): void {
        if (!this.#config) {
            return;
        }
        const { port, timeout, retries, http: wanted } = this.#config.health_check;
        let settled = false;
        const settle = (isWell: boolean) => {
            if (!settled) {
                settled = true;
                this.#record(server, isWell, retries);
            }
        };
        const request = http.get(
            {
                ...{ host: address, port, path: wanted.path, agent: false },
                signal: AbortSignal.timeout(timeout * 1_000),
                ...(wanted.domain && { headers: { host: wanted.domain } }),
            },
            (response) => {
                response.resume();
                settle(wanted.status_codes.some((each) => fits(each, response.statusCode)));
            },
        );
        request.on("error", () => settle(false));
    }

    #record(server: number, isWell: boolean, retries: number): void {
        const failures = isWell ? 0 : (this.#failures.get(server) ?? 0) + 1;
        this.#failures.set(server, failures);
        if (isWell) {
            this.#healthy.add(server);
        } else if (failures >= retries) {
            this.#healthy.delete(server);
        } else {
            return;
        }
        this.#tell(healthKey(this.#port, server), isWell ? "healthy" : "unhealthy");
    }

    #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
        const able = this.#targets.filter(({ server }) => this.#healthy.has(server));
        const target = able[this.#turn++ % able.length];
        if (!target || !this.#config) {
            refuse(response, 503);
            return;
        }
        const upstream = http.request(
            {
                ...{ host: target.address, port: this.#config.destination_port },
                ...{ method: request.method, path: request.url, agent: this.#agent },
                headers: this.#headers(request),
            },
            (answer) => {
                const headers = endToEnd(answer.headers);
                response.writeHead(answer.statusCode ?? 502, headers);
                answer.pipe(response);
                answer.on("error", () => response.destroy());
            },
        );
        upstream.setTimeout(this.#config.http.timeout_idle * 1_000, () => upstream.destroy());
        upstream.on("error", () => refuse(response, 502));
        response.on("close", () => upstream.destroy());
        request.pipe(upstream);
    }

    /** Adds to what the client says of those before it, as proxies do: only the last address is to be believed. */
    #headers(request: http.IncomingMessage): http.OutgoingHttpHeaders {
        const client = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
        const before = request.headers["x-forwarded-for"];
        return {
            ...endToEnd(request.headers),
            "x-forwarded-for": [before, client].flat().filter(Boolean).join(", "),
            "x-forwarded-proto": "https",
            "x-forwarded-port": String(this.#port),
        };
    }
}

function redirect(request: http.IncomingMessage, response: http.ServerResponse): void {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    response.writeHead(301, { Location: `https://${host}${request.url ?? "/"}` }).end();
}

function refuse(response: http.ServerResponse, status: number): void {
    if (response.headersSent) {
        response.destroy();
    } else {
        response.writeHead(status).end();
    }
}

function endToEnd(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneHop.includes(name)));
}

/** `2??` is any status from 200 to 299, `2*` as well. */
function fits(pattern: string, status = 0): boolean {
    const expression = pattern.replaceAll("?", "\\d").replaceAll("*", "\\d*");
    return new RegExp(`^${expression}$`).test(String(status));
}
