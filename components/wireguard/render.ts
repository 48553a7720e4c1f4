/** The mesh's network interface on every machine. */
export const meshInterface = "wg0";

export interface PeerPlan {
    name: string;
    publicAddress: string;
    meshAddress: string;
    publicKey: string;
}

export interface WireguardPlan {
    meshAddress: string;
    /** Length of the mesh's network, 1 to 32. */
    prefixLength: number;
    /** UDP port, the same on every machine. */
    port: number;
    peers: PeerPlan[];
}

/** Path of the machine's private key. */
export const privateKeyPath = `/etc/wireguard/${meshInterface}.key`;

/** Path of the key that the machine shares with one peer. */
export function presharedKeyPath(peer: string): string {
    return `/etc/wireguard/${meshInterface}.${peer}.psk`;
}

/**
 * wg-quick's configuration. The keys stand in files of their own, so that this one shows as a readable diff;
 * scripts/wireguard-apply.sh reads the same PostUp lines when it changes a live interface.
 */
export function renderWireguard(plan: WireguardPlan): string {
    const { meshAddress, prefixLength, port, peers } = plan;
    return `# Made by airflow-ha.
[Interface]
Address = ${meshAddress}/${prefixLength}
ListenPort = ${port}
PostUp = wg set %i private-key ${privateKeyPath}
${peers.map(renderPostUp).join("\n")}
${peers.map((peer) => renderPeer(peer, port)).join("")}`;
}

function renderPostUp({ name, publicKey }: PeerPlan): string {
    return `PostUp = wg set %i peer ${publicKey} preshared-key ${presharedKeyPath(name)}`;
}

function renderPeer(peer: PeerPlan, port: number): string {
    return `
# ${peer.name}
[Peer]
PublicKey = ${peer.publicKey}
AllowedIPs = ${peer.meshAddress}/32
Endpoint = ${peer.publicAddress}:${port}
PersistentKeepalive = 25
`;
}

/** `address name` lines for /etc/hosts. */
export function renderHosts(nodes: { name: string; meshAddress: string }[]): string {
    return nodes.map(({ name, meshAddress }) => `${meshAddress} ${name}`).join("\n");
}
