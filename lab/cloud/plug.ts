import { gatewayOf, linkAlias, linkOf } from "./network.ts";
import { addressesOf } from "./api/cidr.ts";
import { run } from "./run.ts";

/** As in Hetzner's private networks, bytes. */
const mtu = 1450;

/** One member of a private network: a server or a load balancer, by its id. */
export interface PrivatePlug {
    id: number;
    ip: string;
    /** Path of its network namespace. */
    owner: string;
    /** Off the network when not. */
    up: boolean;
}

/** Runs a program in a network namespace. */
function within(namespace: string, ...words: string[]): Promise<string> {
    return run("nsenter", [`--net=${namespace}`, ...words]);
}

/** A public interface, as a server has it: a link of its own with one address, which this computer routes to. */
export async function plugPublic(
    namespace: string,
    subnet: number,
    address: string,
): Promise<void> {
    const [link, gateway] = [linkOf(subnet, address), gatewayOf(subnet)];
    const ip = (text: string) => run("ip", text.split(" "));
    const there = (text: string) => within(namespace, "ip", ...text.split(" "));
    await ip(`link add ${link} type veth peer name eth0 netns ${namespace}`);
    await ip(`link set ${link} alias ${linkAlias}`);
    await ip(`address add ${gateway}/32 dev ${link}`);
    await ip(`link set ${link} up`);
    await ip(`route replace ${address}/32 dev ${link} src ${gateway}`);
    await there("link set lo up");
    await there(`address add ${address}/32 dev eth0`);
    await there("link set eth0 up");
    await there(`route add default via ${gateway} dev eth0 onlink`);
}

/** The links of a private network's namespace. */
export async function privateLinks(namespace: string): Promise<{ id: number; up: boolean }[]> {
    const text = await within(namespace, "ip", "-j", "link", "show");
    const links = JSON.parse(text) as { ifname: string; flags: string[] }[];
    return links
        .filter(({ ifname }) => /^p\d+$/.test(ifname))
        .map(({ ifname, flags }) => ({
            id: Number(ifname.slice(1)),
            up: flags.includes("UP"),
        }));
}

/**
 * A member's private interface as Hetzner's DHCP leaves it: one address, and the network behind a gateway. One that
 * is there is set up or down only.
 */
export async function plugPrivate(
    namespace: string,
    range: string,
    { id, ip, owner, up }: PrivatePlug,
    isThere: boolean,
): Promise<void> {
    const gateway = addressesOf(range, 1)[0];
    const here = (text: string) => within(namespace, "ip", ...text.split(" "));
    const there = (text: string) => within(owner, "ip", ...text.split(" "));
    if (!isThere) {
        await within(namespace, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
        const mac = macOf(ip);
        await here(
            `link add p${id} mtu ${mtu} type veth peer name eth1 address ${mac} mtu ${mtu} netns ${owner}`,
        );
        await here(`address add ${gateway}/32 dev p${id}`);
        await there(`address add ${ip}/32 dev eth1`);
        await there("link set eth1 up");
        await there(`route add ${gateway}/32 dev eth1 scope link`);
        await there(`route add ${range} via ${gateway} dev eth1`);
    }
    await here(`link set p${id} ${up ? "up" : "down"}`);
    if (up) {
        await here(`route replace ${ip}/32 dev p${id}`);
    }
}

/** The kernel takes an interface away with its member's namespace, perhaps at this very moment. */
export async function unplug(namespace: string, id: number): Promise<void> {
    try {
        await within(namespace, "ip", "link", "delete", `p${id}`);
    } catch (error) {
        if ((await privateLinks(namespace)).some((link) => link.id === id)) {
            throw error;
        }
    }
}

/** As Hetzner's private interfaces: 86:00:00 and three bytes. */
export function macOf(ip: string): string {
    const bytes = ip.split(".").slice(1).map(Number);
    return `86:00:00:${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}
