import { request as httpRequest } from "node:http";
import { request, type RequestOptions } from "node:https";
import { cloudApi, type CloudApi } from "../helpers/cloudApi";
import { configured } from "../helpers/config";
import { eventually, healthy, lab, nodes, on, tryOn, type Node } from "../helpers/lab";
import { outputs, resources, type Resource } from "../helpers/outputs";

jest.setTimeout(15 * 60_000);

const zone = "example.com";
const domain = `airflow.${zone}`;
const kinds = /^hcloud:index\/(network|loadBalancer|serverNetwork|managedCertificate|zoneRrset)/;

let ask: CloudApi;
let address: string;
let certificate: string;

/** What a browser gets under the domain's name; its certificate is checked. */
function browse(path: string, more: RequestOptions = {}): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
        const options = {
            ...{ host: address, servername: domain, ca: certificate, path, agent: false },
            ...more,
            headers: { Host: domain, ...more.headers },
        };
        const outgoing = request(options, (answer) => {
            answer.resume().on("end", () => resolve(answer.statusCode));
        });
        outgoing.setTimeout(10_000, () => outgoing.destroy(new Error(`${path}: 10 s`)));
        outgoing.on("error", reject).end();
    });
}

/** The load balancer's view of each machine, in the order of the stack's. */
async function health(): Promise<string[]> {
    interface Told {
        load_balancers: {
            targets: { server: { id: number }; health_status: { status: string }[] }[];
        }[];
    }
    const { load_balancers } = await ask<Told>("GET", "load_balancers");
    const { servers } = await ask<{ servers: { id: number; name: Node }[] }>("GET", "servers");
    return nodes.map((node) => {
        const id = servers.find(({ name }) => name === node)?.id;
        const target = load_balancers[0]?.targets.find(({ server }) => server.id === id);
        return target?.health_status[0]?.status ?? "no target";
    });
}

function becomes(...wanted: string[]): Promise<boolean> {
    return eventually(`the machines are ${wanted.join(", ")}`, async () => {
        const found = await health();
        if (found.join() !== wanted.join()) {
            throw new Error(`they are ${found.join(", ")}`);
        }
        return true;
    });
}

/** Each machine's turn comes among so many requests. */
async function expectAnswers(): Promise<void> {
    for (let count = 0; count < 2 * nodes.length; count++) {
        expect(await browse("/api/v2/version")).toBe(200);
    }
}

function outputOf(all: Resource[], type: string, output: string): string {
    return String(all.find((each) => each.type.endsWith(`:${type}`))?.outputs?.[output]);
}

beforeAll(async () => {
    ask = await cloudApi(lab);
    const { zones } = await ask<{ zones: { name: string }[] }>("GET", `zones?name=${zone}`);
    if (zones.length === 0) {
        await ask("POST", "zones", { name: zone, mode: "primary" });
    }
});

test("up puts a load balancer in front, which the domain leads to", async () => {
    const changed = configured({ domain, dnsZone: zone });
    await lab(["pulumi", "up", "--yes", "--skip-preview", ...changed]);
    const all = await resources();
    address = outputOf(all, "LoadBalancer", "ipv4");
    certificate = outputOf(all, "ManagedCertificate", "certificate");

    const { endpoints } = await outputs();
    expect(endpoints).toMatchObject({ domain: `https://${domain}`, loadBalancer: address });
    const { rrset } = await ask<{ rrset: { records: { value: string }[] } }>(
        "GET",
        `zones/${zone}/rrsets/airflow/A`,
    );
    expect(rrset.records.map(({ value }) => value)).toEqual([address]);
    await becomes("healthy", "healthy", "healthy");
    await expectAnswers();
    await lab(["pulumi", "preview", "--expect-no-changes", ...changed]);
});

test("HTTP is sent to HTTPS, and the workers' API is not shown", async () => {
    const location = await new Promise((resolve, reject) => {
        const options = { host: address, path: "/dags?x=1", headers: { Host: domain } };
        httpRequest(options, (answer) => {
            answer.resume();
            resolve(answer.headers.location);
        })
            .on("error", reject)
            .end();
    });
    expect(location).toBe(`https://${domain}/dags?x=1`);
    // The path of the check itself tells everybody what it tells the load balancer: ready or not.
    expect(await browse("/execution/health")).toBe(200);
    expect(await browse("/execution/task-instances")).toBe(404);
    expect(await browse("/EXECUTION/health")).toBe(404);
});

test("only the load balancer reaches a machine's private port", async () => {
    // The same way leads to a port that is open.
    await on(nodes[0], "curl --max-time 5 -sk https://10.91.0.4/api/v2/version");
    const { code } = await tryOn(nodes[0], "curl --max-time 2 -s http://10.91.0.4:8082/");
    // 28 is curl's "timed out": dropped, not refused.
    expect(code).toBe(28);
    const own = await on(nodes[1], "ip -4 -brief address show to 10.91.0.0/24");
    expect(own).toContain("10.91.0.4/32");
});

test("a machine whose API server is stopped is left out, and comes back", async () => {
    await on(nodes[1], "systemctl stop airflow-api-server");
    try {
        await becomes("healthy", "unhealthy", "healthy");
        await expectAnswers();
    } finally {
        await on(nodes[1], "systemctl start airflow-api-server");
    }
    await becomes("healthy", "healthy", "healthy");
});

test("a machine that loses its power is left out, and comes back with its private address", async () => {
    await lab(["stop", nodes[2]]);
    try {
        await becomes("healthy", "healthy", "unhealthy");
        // If it had the primary, API servers wait for the next one: until its lease is over.
        await eventually("the others answer", async () => {
            await expectAnswers();
            return true;
        });
    } finally {
        await lab(["start", nodes[2]]);
    }
    await becomes("healthy", "healthy", "healthy");
    await healthy();
});

test("another domain gets a certificate of its own, and the former one goes", async () => {
    const other = `jobs.${zone}`;
    await lab([
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        ...configured({ domain: other, dnsZone: zone }),
    ]);
    certificate = outputOf(await resources(), "ManagedCertificate", "certificate");
    expect(await browse("/api/v2/version", { servername: other, headers: { Host: other } })).toBe(
        200,
    );
    const { certificates } = await ask<{ certificates: { domain_names: string[] }[] }>(
        "GET",
        "certificates",
    );
    expect(certificates.map(({ domain_names }) => domain_names)).toEqual([[other]]);
});

test("without the domain all of it goes, and the machines' own ways in stay", async () => {
    await lab(["pulumi", "up", "--yes", "--skip-preview"]);
    expect((await resources()).filter(({ type }) => kinds.test(type))).toEqual([]);
    for (const kind of ["load_balancers", "networks", "certificates", `zones/${zone}/rrsets`]) {
        const told = await ask<Record<string, unknown[]>>("GET", kind);
        expect(told[kind.split("/").at(-1) ?? ""]).toEqual([]);
    }
    await ask("DELETE", `zones/${zone}`);
    const left = await on(
        nodes[1],
        "ss -H -lnt 'sport = :8082'; ip -4 -brief address show eth1 || :",
    );
    expect(left).toBe("");
    const { endpoints, certificate: own } = await outputs();
    expect(endpoints.domain).toBeUndefined();
    const { hostname } = new URL(endpoints.web[nodes[1]]);
    const direct = { host: hostname, servername: nodes[1], ca: own };
    expect(await browse("/api/v2/version", direct)).toBe(200);
});
