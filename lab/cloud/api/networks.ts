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
