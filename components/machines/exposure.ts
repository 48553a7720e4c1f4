/** One thing that is open to the world: all that is not in such a list is closed, by both firewalls. */
export interface Exposure {
    /** Why it is open; the rule's description at the provider. */
    description: string;
    protocol: "tcp" | "udp";
    port: number;
    /** CIDRs, IPv4 or IPv6, that may reach it. */
    sources: string[];
}

export interface ExposureArgs {
    /** Networks that may log in over SSH. */
    adminCidrs: string[];
    /** Networks that may open the web UI. */
    webCidrs: string[];
    sshPort: number;
    httpsPort: number;
    wireguardPort: number;
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
