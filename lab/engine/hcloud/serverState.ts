import { createHash } from "node:crypto";
import { equal, type Value, type Values } from "../rpc/values.ts";
import { givenLabels } from "./sshKey.ts";

/** A server as the API describes it. */
export interface Server {
    id: number;
    name: string;
    status: string;
    server_type: { name: string };
    image: { id: number; name: string | null } | null;
    location: { name: string };
    public_net: {
        ipv4: { ip: string } | null;
        ipv6: { ip: string } | null;
        firewalls: { id: number }[];
    };
    labels: Record<string, string>;
    backup_window: string | null;
    primary_disk_size: number;
    protection: { delete: boolean; rebuild: boolean };
}

/** Outputs of a server; `known` are its inputs, or its last outputs. */
export function outputsOf(found: Server, known: Values): Values {
    const { ipv4, ipv6 } = found.public_net;
    return {
        ...known,
        ...inputsOf(found, known),
        location: found.location.name,
        backupWindow: found.backup_window ?? "",
        backups: found.backup_window !== null,
        ignoreRemoteFirewallIds: false,
        primaryDiskSize: found.primary_disk_size,
        status: found.status,
        ...(ipv4 && { ipv4Address: ipv4.ip }),
        // The API gives a network, such as 2001:db8::/64; the server's address is the first one in it.
        ...(ipv6 && { ipv6Address: `${ipv6.ip.split("/")[0]}1`, ipv6Network: ipv6.ip }),
    };
}

/** Those inputs that the API tells of. */
export function inputsOf(found: Server, known: Values): Values {
    const firewalls = found.public_net.firewalls.map(({ id }) => id);
    return {
        name: found.name,
        serverType: found.server_type.name,
        ...(found.image && { image: imageOf(found.image, known.image) }),
        ...givenLabels(found.labels, known.labels),
        firewallIds: asKnown(firewalls, known.firewallIds),
        deleteProtection: found.protection.delete,
        rebuildProtection: found.protection.rebuild,
    };
}

/** As in the real plugin the state has a hash in place of the user data. */
export function withUserDataHash(inputs: Values): Values {
    const { userData } = inputs;
    return typeof userData === "string"
        ? { ...inputs, userData: createHash("sha1").update(userData).digest("base64") }
        : inputs;
}

function imageOf({ id, name }: { id: number; name: string | null }, known: Value | undefined) {
    return name && known !== String(id) ? name : String(id);
}

/** Firewalls are a set: their order does not count. */
function asKnown(there: number[], known: Value | undefined): Value {
    const sorted = (list: Value) => (Array.isArray(list) ? list.map(Number).sort() : list);
    return known !== undefined && equal(sorted(there), sorted(known)) ? known : there;
}
