import ipaddr from "ipaddr.js";

/** Is the text a network in CIDR notation, without bits beyond its length? */
export function isNetwork(text: string): boolean {
    if (!/^[^/]+\/\d+$/.test(text) || !ipaddr.isValidCIDR(text)) {
        return false;
    }
    const [address] = ipaddr.parseCIDR(text);
    const family = address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
    return family.networkAddressFromCIDR(text).toString() === address.toString();
}

/** Is the address in the network? */
export function isWithin(address: string, network: string): boolean {
    return ipaddr.IPv4.isValid(address) && ipaddr.parse(address).match(ipaddr.parseCIDR(network));
}

/** Is the one network, its length included, a part of the other? */
export function isPartOf(part: string, whole: string): boolean {
    const [address, length] = ipaddr.parseCIDR(part);
    return length >= ipaddr.parseCIDR(whole)[1] && address.match(ipaddr.parseCIDR(whole));
}

/** The first addresses of an IPv4 network after its own, in order. */
export function addressesOf(network: string, count: number): string[] {
    const base = ipaddr.IPv4.networkAddressFromCIDR(network).toByteArray();
    const first = base.reduce((sum, byte) => sum * 256 + byte, 0);
    return Array.from({ length: count }, (_, index) => {
        const value = first + index + 1;
        return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
    });
}
