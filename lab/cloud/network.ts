import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labName } from "../settings.ts";
import { type Filtered, linkPrefix, renderTable } from "./firewallTable.ts";
import { labsDir } from "./paths.ts";
import { isInstalled, run } from "./run.ts";
import type { State } from "./store.ts";

/** Marks this lab's links, so that they are found again whatever became of the state. */
export const linkAlias = `airflow-ha-lab/${labName}`;
const table = `airflow_ha_lab_${labName}`;
const forwarding = "/proc/sys/net/ipv4/ip_forward";
const forwardingMark = join(labsDir, "did-not-forward");

interface Link {
    ifname: string;
    ifalias?: string;
    mtu: number;
}

export function gatewayOf(subnet: number): string {
    return `198.18.${subnet}.1`;
}

/** The computer's end of a server's link; at most 15 characters. */
export function linkOf(subnet: number, address: string): string {
    return `${linkPrefix(subnet)}${address.split(".")[3]}`;
}

/** As Hetzner's: 96:00:00 and three bytes. */
export function macOf(address: string): string {
    const bytes = address.split(".").slice(1);
    const hex = bytes.map((byte) => Number(byte).toString(16).padStart(2, "0"));
    return `96:00:00:${hex.join(":")}`;
}

/** One that no server or load balancer has, and, as in a real cloud, seldom the one that was freed last. The first is the gateway's. */
export function freeAddress(state: State): string | undefined {
    const { subnet, servers, loadBalancers, nextId } = state;
    const taken = new Set([...servers, ...loadBalancers].map(({ address }) => address));
    return Array.from({ length: 253 }, (_, index) => (nextId + index) % 253)
        .map((place) => `198.18.${subnet}.${place + 2}`)
        .find((address) => !taken.has(address));
}

/** A network 198.18.<n>.0/24 of which this computer knows nothing yet. */
export async function freeSubnet(taken: number[]): Promise<number> {
    const routes = await run("ip", ["-4", "route", "show", "table", "all"]);
    const used = [...routes.matchAll(/\b198\.18\.(\d+)\.\d+/g)].map((match) => Number(match[1]));
    const unfit = new Set([...taken, ...used]);
    const found = Array.from({ length: 254 }, (_, index) => index + 1).find((n) => !unfit.has(n));
    if (found === undefined) {
        throw new Error("no network of 198.18.0.0/16 is free for another lab");
    }
    return found;
}

/** Puts the firewalls of the state into force, on established connections of cut servers too. */
export class PacketFilter {
    readonly #state: State;
    #last: Promise<unknown> = Promise.resolve();

    constructor(state: State) {
        this.#state = state;
    }

    /** One after the other, so that the last state is the one that stays. */
    apply(): Promise<void> {
        const applied = this.#last.then(async () => {
            const { subnet, servers, firewalls } = this.#state;
            const filtered = servers.map((server): Filtered => ({
                id: server.id,
                link: linkOf(subnet, server.address),
                address: server.address,
                cut: server.cut,
                firewalls: firewalls
                    .filter(({ id }) => server.firewalls.includes(id))
                    .map(({ rules }) => rules),
            }));
            await run("nft", ["-f", "-"], renderTable(table, subnet, filtered));
        });
        this.#last = applied.catch(() => undefined);
        return applied;
    }
}

/** Lets the computer route, and remembers when it did not before. */
export function enableForwarding(): void {
    if (readFileSync(forwarding, "utf8").trim() !== "1") {
        writeFileSync(forwardingMark, "");
        writeFileSync(forwarding, "1");
    }
}

/** When the last lab has gone: as it was before the first one. */
export function restoreForwarding(): void {
    if (existsSync(forwardingMark)) {
        writeFileSync(forwarding, "0");
        rmSync(forwardingMark);
    }
}

/** The MTU of the way out: larger packets of a server would only be cut up there. */
export async function uplinkMtu(): Promise<number> {
    const text = await run("ip", ["-4", "-j", "route", "show", "default"]);
    const [route] = JSON.parse(text) as { dev: string }[];
    if (!route) {
        return 1500;
    }
    const [link] = JSON.parse(await run("ip", ["-j", "link", "show", route.dev])) as Link[];
    return Math.min(link.mtu, 1500);
}

export async function removeLink(server: { address: string }, subnet: number): Promise<void> {
    const link = linkOf(subnet, server.address);
    if ((await ownLinks()).includes(link)) {
        await run("ip", ["link", "delete", link]);
    }
}

/** Removes all links and the packet filter of this lab, whatever the state says. */
export async function removeNetwork(): Promise<void> {
    for (const link of await ownLinks()) {
        await run("ip", ["link", "delete", link]);
    }
    const tables = (await isInstalled("nft")) ? await run("nft", ["list", "tables"]) : "";
    if (tables.split("\n").includes(`table inet ${table}`)) {
        await run("nft", ["delete", "table", "inet", table]);
    }
}

async function ownLinks(): Promise<string[]> {
    const text = (await isInstalled("ip")) ? await run("ip", ["-j", "link", "show"]) : "[]";
    const links = JSON.parse(text) as Link[];
    return links.filter(({ ifalias }) => ifalias === linkAlias).map(({ ifname }) => ifname);
}
