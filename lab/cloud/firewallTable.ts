import { isIPv6 } from "node:net";
import type { Rule } from "./store.ts";

/** One server as the packet filter sees it. */
export interface Filtered {
    id: number;
    /** The computer's end of the server's link. */
    link: string;
    address: string;
    cut: boolean;
    /** The rules of each firewall that is applied to it; without a firewall everything is let through. */
    firewalls: Rule[][];
}

/**
 * The lab's packet filter, in nft's language; loading it replaces the one before in one step. As at Hetzner
 * filtering is stateful; with a firewall all inbound traffic that no rule allows is dropped, and all outbound
 * traffic as soon as there is one outbound rule. Source: https://docs.hetzner.com/cloud/firewalls/faq/
 */
export function renderTable(table: string, subnet: number, servers: Filtered[]): string {
    // What is for a server that is off would otherwise leave this computer by its default route.
    const stray = `ip daddr 198.18.${subnet}.0/24 oifname != "${linkPrefix(subnet)}*" fib daddr type != local drop`;
    const jumps = (direction: Rule["direction"]) =>
        servers.map(({ link, id }) => `"${link}" : jump ${direction}_${id}`).join(", ");
    const [inbound, outbound] = (["in", "out"] as const).map((direction) =>
        servers.length === 0
            ? ""
            : `${direction === "in" ? "oifname" : "iifname"} vmap { ${jumps(direction)} }`,
    );
    return `table inet ${table}
delete table inet ${table}
table inet ${table} {
${servers.map(renderServer).join("\n")}
    chain forward {
        type filter hook forward priority filter; policy accept;
        ${outbound}
        ${inbound}
        ${stray}
    }
    chain from_here {
        type filter hook output priority filter; policy accept;
        ${inbound}
        ${stray}
    }
    chain to_here {
        type filter hook input priority filter; policy accept;
        ${outbound}
    }
    chain translate {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 198.18.${subnet}.0/24 ip daddr != 198.18.0.0/15 masquerade
    }
}
`;
}

/** "return" goes on to the other server's chain where both are of this lab; "accept" would not. */
function renderServer({ id, address, cut, firewalls }: Filtered): string {
    const rules = firewalls.flat();
    const outRules = rules.filter(({ direction }) => direction === "out");
    const lines = {
        in: [
            ...(cut ? ["drop"] : []),
            "ct state established,related return",
            ...rules.filter(({ direction }) => direction === "in").flatMap(renderRule),
            ...(firewalls.length > 0 ? ["drop"] : []),
        ],
        out: [
            ...(cut ? ["drop"] : []),
            `ip saddr != ${address} drop`,
            "meta nfproto ipv6 drop",
            "ct state established,related return",
            ...outRules.flatMap(renderRule),
            ...(outRules.length > 0 ? ["drop"] : []),
        ],
    };
    return Object.entries(lines)
        .map(([direction, each]) => `    chain ${direction}_${id} {\n${indent(each)}\n    }`)
        .join("\n");
}

/** One line for each network: networks may overlap, which a set would refuse. */
function renderRule(rule: Rule): string[] {
    const [networks, side] =
        rule.direction === "in" ? [rule.source_ips, "saddr"] : [rule.destination_ips, "daddr"];
    return networks.map((network) => {
        const family = isIPv6(network.split("/")[0]) ? "ip6" : "ip";
        return `${family} ${side} ${network} ${traffic(rule)} return`;
    });
}

function traffic({ protocol, port }: Rule): string {
    switch (protocol) {
        case "tcp":
        case "udp":
            return port === "any" || port === null
                ? `meta l4proto ${protocol}`
                : `${protocol} dport ${port}`;
        case "icmp":
            return "meta l4proto { icmp, ipv6-icmp }";
        default:
            return `meta l4proto ${protocol}`;
    }
}

/** What the names of a lab's links begin with. */
export function linkPrefix(subnet: number): string {
    return `ahlab${subnet}-`;
}

function indent(lines: string[]): string {
    return lines.map((line) => `        ${line}`).join("\n");
}
