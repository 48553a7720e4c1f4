import { ports } from "../ports";

/** One thing that is open to the world: all that is not in such a list is closed, by both firewalls. */
export interface Exposure {
    /** Why it is open; the rule's description at the provider. */
    description: string;
    protocol: "tcp" | "udp";
    port: number;
    /** CIDRs, IPv4 or IPv6, that may reach it. */
    sources: string[];
}

/** From where machines may be reached, and by which ports. */
export interface EntranceArgs {
    /** Networks (CIDR, at least one) that may log in over SSH; Pulumi's own machine must be in one of them. */
    adminCidrs: string[];
    /** Networks (CIDR, at least one) that may open the web UI. @default everywhere */
    webCidrs?: string[];
    /** TCP port of the web UI, the same as AirflowNode's: 1 to 65535 and none of `ports` but `https`. @default 443 */
    httpsPort?: number;
    /**
     * UDP port of WireGuard, the same as WireGuardMesh's: 1024 to 65535 and none of `ports` but `wireguard`.
     * @default 51820
     */
    wireguardPort?: number;
}

/** The same with its defaults, and the port of a machine's sshd. */
export type ExposureArgs = Required<EntranceArgs> & { sshPort: number };

/** What a load balancer may reach, by its private address: the provider's firewall has no say in a private network. */
export function balancerExposure(source: string): Exposure {
    return {
        description: "load balancer",
        protocol: "tcp",
        port: ports.loadBalancer,
        sources: [`${source}/32`],
    };
}

export const anywhere = ["0.0.0.0/0", "::/0"];

/** The one list of what answers on a public address. */
export function exposures(args: ExposureArgs): Exposure[] {
    return [
        { description: "SSH", protocol: "tcp", port: args.sshPort, sources: args.adminCidrs },
        { description: "web UI", protocol: "tcp", port: args.httpsPort, sources: args.webCidrs },
        // WireGuard does not answer who has no key; peers' addresses are not known before they exist.
        { description: "WireGuard", protocol: "udp", port: args.wireguardPort, sources: anywhere },
    ];
}

export function withEntrance<T extends EntranceArgs>(args: T): T & Required<EntranceArgs> {
    return {
        ...args,
        webCidrs: args.webCidrs ?? anywhere,
        httpsPort: args.httpsPort ?? ports.https,
        wireguardPort: args.wireguardPort ?? ports.wireguard,
    };
}
