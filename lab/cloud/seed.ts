/** What cloud-init finds on a new server's disk. */
export interface Seed {
    instanceId: number;
    hostname: string;
    publicKeys: string[];
    /** As the owner gave it. */
    userData: string | undefined;
    /** Without an SSH key root gets a password. */
    rootPassword: string | undefined;
}

/** The files of cloud-init's NoCloud data source, by name. */
export function seedFiles(seed: Seed): Record<string, string> {
    const metadata = {
        "instance-id": String(seed.instanceId),
        "local-hostname": seed.hostname,
        "public-keys": seed.publicKeys,
    };
    const users = [{ name: "root", password: seed.rootPassword, type: "text" }];
    const vendor = seed.rootPassword ? { chpasswd: { expire: true, users } } : {};
    return {
        "meta-data": JSON.stringify(metadata),
        "user-data": seed.userData ?? "#cloud-config\n{}\n",
        "vendor-data": `#cloud-config\n${JSON.stringify(vendor)}\n`,
    };
}

/** eth0 as at Hetzner: an address without a network, and a gateway that is told to be there. */
export function networkFile(address: string, gateway: string): string {
    return `[Match]
Name=eth0

[Network]
Address=${address}/32
LinkLocalAddressing=no
IPv6AcceptRA=no

[Route]
Gateway=${gateway}
GatewayOnLink=yes
`;
}
