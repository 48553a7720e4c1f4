import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Actions } from "../../../lab/cloud/api/actions.ts";
import { balancerActionRoutes } from "../../../lab/cloud/api/balancerActions.ts";
import { certificateRoutes } from "../../../lab/cloud/api/certificates.ts";
import { balancerRoutes } from "../../../lab/cloud/api/loadBalancers.ts";
import { networkRoutes } from "../../../lab/cloud/api/networks.ts";
import { type Route, serve } from "../../../lab/cloud/api/router.ts";
import { zoneRoutes } from "../../../lab/cloud/api/zones.ts";

import { emptyState, type State, Store, writeState } from "../../../lab/cloud/store.ts";
import { provider } from "../../../lab/engine/hcloud/provider.ts";
import { Plugin, type Resource } from "./plugin";

// What runs programs is not asked here, and jest does not load it.
jest.mock("execa", () => ({}));

jest.setTimeout(60_000);

const type = (name: string) => `hcloud:index/${name[0].toLowerCase()}${name.slice(1)}:${name}`;
const token = "token";
let folder: string;
let http: Server;
let plugin: Plugin;
let file: string;

/** The lab's cloud as the plugin sees it, with nothing behind it. */
beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "airflow-ha-cloud-"));
    file = join(folder, "state.json");
    writeState(file, emptyState(1));
    const store = new Store(file);
    const actions = new Actions(store);
    const idle = { apply: () => Promise.resolve(), health: () => "healthy" };
    const routes: Route[] = [
        ...actions.routes(),
        ...balancerActionRoutes(store, actions, idle),
        ...balancerRoutes(store, actions, idle),
        ...certificateRoutes(store, actions),
        ...networkRoutes(store, actions, idle),
        ...zoneRoutes(store, actions),
    ];
    http = serve(
        routes.map(([method, path, handler]): Route => [method, `/v1${path}`, handler]),
        token,
        () => undefined,
    );
    await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
    plugin = await new Plugin(provider).start({ token, endpoint });
    await fetch(`${endpoint}/zones`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        body: JSON.stringify({ name: "example.com", mode: "primary" }),
    });
});

afterEach(async () => {
    plugin.stop();
    await new Promise((done) => http.close(done));
    rmSync(folder, { recursive: true });
});

const state = () => JSON.parse(readFileSync(file, "utf8")) as State;

/** Each resource of a load balancer but those of servers, with its inputs. */
async function balancer() {
    const made: [string, Resource, Record<string, unknown>][] = [];
    const make = async (name: string, inputs: Record<string, unknown>) => {
        const resource = await plugin.create(type(name), inputs);
        made.push([type(name), resource, inputs]);
        return resource;
    };
    const network = await make("Network", {
        ...{ name: "web", ipRange: "10.91.0.0/24", deleteProtection: true },
    });
    const subnet = await make("NetworkSubnet", {
        ...{ networkId: Number(network.id), type: "cloud" },
        ...{ networkZone: "eu-central", ipRange: "10.91.0.0/24" },
    });
    const loadBalancer = await make("LoadBalancer", {
        ...{ name: "web", loadBalancerType: "lb11", location: "nbg1", deleteProtection: false },
    });
    await make("LoadBalancerNetwork", {
        ...{ loadBalancerId: Number(loadBalancer.id), subnetId: subnet.id, ip: "10.91.0.2" },
    });
    const certificate = await make("ManagedCertificate", {
        ...{ name: "web", domainNames: ["airflow.example.com"] },
    });
    await make("LoadBalancerService", {
        ...{ loadBalancerId: loadBalancer.id, protocol: "https" },
        ...{ listenPort: 443, destinationPort: 8082 },
        http: { redirectHttp: true, certificates: [Number(certificate.id)] },
        healthCheck: {
            ...{ protocol: "http", port: 8082, interval: 3, timeout: 2, retries: 2 },
            http: { path: "/health", statusCodes: ["200"] },
        },
    });
    await make("ZoneRrset", {
        ...{ zone: "example.com", name: "airflow", type: "A", ttl: 300 },
        records: [{ value: "198.18.1.2" }],
    });
    return made;
}

test("makes each of them, and sees no change afterwards, after a refresh neither", async () => {
    const made = await balancer();

    expect(state().loadBalancers[0]).toMatchObject({
        attachment: { ip: "10.91.0.2" },
        services: [{ listen_port: 443, http: { cookie_name: "HCLBSTICKY", redirect_http: true } }],
    });
    for (const [name, resource, inputs] of made) {
        expect((await plugin.diff(name, resource, inputs)).changes).toBe("none");
        const read = (await plugin.read(name, resource)) as Resource;
        expect(read).toEqual(resource);
        expect((await plugin.diff(name, read, inputs)).changes).toBe("none");
    }
    expect(made[2][1].outputs).toMatchObject({
        ipv4: expect.stringMatching(/^198\.18\.1\.\d+$/) as unknown,
        networkZone: "eu-central",
    });
});

test("changes in place what can be changed", async () => {
    const made = await balancer();
    const change = async (at: number, more: Record<string, unknown>) => {
        const [name, resource, inputs] = made[at];
        const news = { ...inputs, ...more };
        expect((await plugin.diff(name, resource, news)).replaces).toEqual([]);
        made[at] = [name, await plugin.update(name, resource, news), news];
    };
    await change(0, { deleteProtection: false });
    await change(2, { loadBalancerType: "lb21", deleteProtection: true });
    await change(5, { destinationPort: 9000 });
    await change(6, { records: [{ value: "198.18.1.9" }], ttl: 60 });

    const { networks, loadBalancers, zones } = state();
    expect(networks[0].protection).toEqual({ delete: false });
    expect(loadBalancers[0]).toMatchObject({
        ...{ type: "lb21", protection: { delete: true } },
        services: [{ destination_port: 9000 }],
    });
    expect(zones[0].rrsets[0]).toMatchObject({ ttl: 60, records: [{ value: "198.18.1.9" }] });
});

test("deletes them in the order that the engine has, also what is gone already", async () => {
    const made = await balancer();
    const [name, network, inputs] = made[0];
    await expect(plugin.delete(name, network)).rejects.toThrow("network deletion is protected");
    await plugin.update(name, network, { ...inputs, deleteProtection: false });
    for (const [each, resource] of [...made, ...made].reverse()) {
        await plugin.delete(each, resource);
    }
    const { networks, loadBalancers, certificates, zones } = state();
    expect([networks, loadBalancers, certificates, zones[0].rrsets]).toEqual([[], [], [], []]);
});

test("a certificate for a name outside of the project's zones ends in the API's error", async () => {
    const inputs = { name: "web", domainNames: ["airflow.example.org"] };
    await expect(plugin.create(type("ManagedCertificate"), inputs)).rejects.toThrow(
        "create_certificate: DNS zone not found for airflow.example.org (dns_zone_not_found",
    );
});

test("refuses what it does not implement", async () => {
    const service = { loadBalancerId: "1", protocol: "tcp", proxyprotocol: true };
    const { failures } = await plugin.check(type("LoadBalancerService"), service);
    expect(failures).toEqual(
        expect.arrayContaining([
            'protocol: expected one of https, got "tcp"',
            "proxyprotocol: this property is not implemented by the stand-in plugin",
        ]),
    );
});
