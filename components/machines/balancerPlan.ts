import { meshAddress } from "../wireguard/validate";

/** Hetzner's network zones and their locations: a private network lies in one zone. Source: GET /v1/locations. */
const zones: Record<string, string[]> = {
    "eu-central": ["nbg1", "fsn1", "hel1"],
    "us-east": ["ash"],
    "us-west": ["hil"],
    "ap-southeast": ["sin"],
};

/** The network zone of a location; undefined for what is no location of Hetzner's. */
export function networkZone(location: string): string | undefined {
    return Object.keys(zones).find((zone) => zones[zone].includes(location));
}

/** The default of `privateCidr`. */
export const defaultPrivateCidr = "10.91.0.0/24";

/** The load balancer's private address: the first one of the network is Hetzner's gateway, the second one this. */
export function balancerAddress(privateCidr: string): string {
    return meshAddress(privateCidr, 1);
}

/** The private address of the n-th machine, counted from 0. */
export function privateAddress(privateCidr: string, index: number): string {
    return meshAddress(privateCidr, index + 2);
}

/** The name of a record in a zone: `@` is the zone itself. */
export function recordName(domain: string, dnsZone: string): string {
    return domain === dnsZone ? "@" : domain.slice(0, -dnsZone.length - 1);
}

/** Asked of each machine: 200 when its own API server is ready, as the machines' HAProxys see it. */
export const healthPath = "/execution/health";
