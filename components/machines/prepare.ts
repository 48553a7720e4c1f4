import type * as pulumi from "@pulumi/pulumi";
import { after } from "../after";
import type { Machine } from "../node";
import { RemoteFile, RemoteScript } from "../remote";
import { meshInterface } from "../wireguard/render";
import type { Exposure } from "./exposure";
import { renderNftables } from "./render";

/**
 * Awaits the end of the machine's boot, and refuses one that is not what it should be. Who changes its files waits for
 * this: with other `adminCidrs` it runs again first, and refuses those that the operator is not in.
 */
export function booted(
    child: string,
    machine: Machine,
    adminCidrs: string[],
    parent: pulumi.Resource,
): RemoteScript {
    const variables = { NAME: machine.name, ADMIN_CIDRS: adminCidrs.join(" ") };
    return new RemoteScript(
        `${child}-boot`,
        { machine, script: "machine-boot.sh", variables },
        { parent },
    );
}

/** Closes the machine's own firewall, after `booted`; gives the machine as it is after that. */
export function closed(
    child: string,
    machine: Machine,
    exposed: Exposure[],
    options: { parent: pulumi.Resource; dependsOn: pulumi.Resource },
): Machine {
    const nftables = new RemoteFile(
        `${child}-nftables`,
        {
            machine,
            path: "/etc/nftables.conf",
            content: renderNftables(exposed, meshInterface),
            mode: "0755",
        },
        options,
    );
    const prepared = new RemoteScript(
        `${child}-prepare`,
        { machine, script: "machine-prepare.sh", files: [nftables] },
        { parent: options.parent },
    );
    return { ...machine, connection: after(machine.connection, [prepared]) };
}
