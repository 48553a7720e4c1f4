import * as ipaddr from "ipaddr.js";
import { problem, type Problem } from "../problems";
import { cidrProblems, overlap } from "../machines/validate";

export interface MeshPlan {
    /** Names of the machines. */
    names: string[];
    meshCidr: string;
    wireguardPort: number;
    /** Networks that must not share addresses with the mesh, by the argument that they come from. */
    elsewhere?: Record<string, string[]>;
}

/** What is wrong with the plan of the mesh; each line names the argument. */
export function meshProblems(plan: MeshPlan): Problem[] {
    return [
        ...nameProblems(plan.names),
        ...meshCidrProblems(plan),
        ...(Number.isInteger(plan.wireguardPort) &&
        plan.wireguardPort >= 1024 &&
        plan.wireguardPort <= 65535
            ? []
            : [problem("wireguardPort", plan.wireguardPort, "a UDP port is 1024 to 65535")]),
    ];
}

/** The n-th machine's address in the mesh, counted from 0: the network's first address is the first machine's. */
export function meshAddress(meshCidr: string, index: number): string {
    const bytes = ipaddr.IPv4.networkAddressFromCIDR(meshCidr).toByteArray();
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) + index + 1;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function nameProblems(names: string[]): Problem[] {
    const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
    return names.flatMap((name, index) => {
        const argument = `machines[${index}].name`;
        if (!label.test(name)) {
            return [
                problem(
                    argument,
                    name,
                    "a host name of 1 to 63 lower-case letters, digits and hyphens is needed",
                ),
            ];
        }
        return names.indexOf(name) < index
            ? [problem(argument, name, "another machine has the same name")]
            : [];
    });
}

function meshCidrProblems({ meshCidr, names, elsewhere = {} }: MeshPlan): Problem[] {
    const malformed = cidrProblems("meshCidr", meshCidr);
    if (malformed.length > 0) {
        return malformed;
    }
    if (!ipaddr.IPv4.isValidCIDR(meshCidr)) {
        return [problem("meshCidr", meshCidr, "the mesh has IPv4 addresses")];
    }
    const usable = Math.max(2 ** (32 - ipaddr.IPv4.parseCIDR(meshCidr)[1]) - 2, 0);
    return [
        ...(usable < names.length
            ? [
                  problem(
                      "meshCidr",
                      meshCidr,
                      `it has ${usable} usable addresses, too few for ${names.length} machines`,
                  ),
              ]
            : []),
        ...Object.entries(elsewhere).flatMap(([argument, networks]) =>
            networks
                // "everywhere" is a rule for a firewall, not a network that has addresses of its own.
                .filter((network) => ipaddr.isValidCIDR(network) && !/\/0$/.test(network))
                .filter((network) => overlap(network, meshCidr))
                .map((network) =>
                    problem("meshCidr", meshCidr, `it overlaps ${network} of ${argument}`),
                ),
        ),
    ];
}
