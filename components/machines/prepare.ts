import type * as pulumi from "@pulumi/pulumi";
import { after } from "../after";
import type { Machine } from "../node";
import { RemoteFile, RemoteScript } from "../remote";
import { meshInterface } from "../wireguard/render";
import type { Exposure } from "./exposure";
import { renderNftables } from "./render";

/** Awaits the end of the machine's boot and closes its own firewall; gives the machine as it is after that. */
export function prepared(
    child: string,
    machine: Machine,
    exposed: Exposure[],
    parent: pulumi.Resource,
): Machine {
    const booted = new RemoteScript(
        `${child}-boot`,
        { machine, script: "machine-boot.sh", variables: { NAME: machine.name } },
        { parent },
    );
    const nftables = new RemoteFile(
        `${child}-nftables`,
        {
            machine,
            path: "/etc/nftables.conf",
            content: renderNftables(exposed, meshInterface),
            mode: "0755",
        },
        { parent, dependsOn: booted },
    );
    const closed = new RemoteScript(
        `${child}-prepare`,
        { machine, script: "machine-prepare.sh", files: [nftables] },
        { parent },
    );
    return { ...machine, connection: after(machine.connection, [closed]) };
}
