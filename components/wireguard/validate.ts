import * as ipaddr from "ipaddr.js";
import { problem, type Problem } from "../problems";
import { cidrProblems, hostNameProblems, overlap, repeatedProblems } from "../machines/validate";
import { wireguardPortProblems } from "../machines/validatePorts";

export interface MeshPlan {
    /** How many machines there are. */
    count: number;
    meshCidr: string;
    wireguardPort: number;
    /** Networks that must not share addresses with the mesh, by the argument that they come from. */
    elsewhere?: Record<string, string[]>;
}

/** What is wrong with the plan of the mesh; each line names the argument. */
export function meshProblems(plan: MeshPlan): Problem[] {
    return [...meshCidrProblems(plan), ...wireguardPortProblems(plan.wireguardPort)];
}

/** What is wrong with who is in the mesh, by the machines' names; each line names the argument. */
export function memberProblems(names: string[]): Problem[] {
    return [
        ...(names.length >= 2
            ? []
            : [problem("machines", names.length, "a mesh has two machines or more")]),
        ...names.flatMap((name, index) => hostNameProblems(`machines[${index}].name`, name)),
        ...repeatedProblems("name", names),
        ...pairProblems(names),
    ];
}

/** Names of resources join two nodes' names by a hyphen: `a` and `b-c` must not read as `a-b` and `c`. */
function pairProblems(names: string[]): Problem[] {
    const pairs = names.flatMap((one) =>
        names.filter((other) => other !== one).map((other) => [one, other]),
    );
    const joined = pairs.map((pair) => pair.join("-"));
    return pairs.flatMap(([one, other], index) => {
        const [first, second] = pairs[joined.indexOf(joined[index])];
        return first === one
            ? []
            : [
                  `machines: the names ${one} and ${other}, joined, are those of ${first} and ${second}; ` +
                      "one of them needs another name",
              ];
    });
}

/** The n-th machine's address in the mesh, counted from 0: the network's first address is the first machine's. */
export function meshAddress(meshCidr: string, index: number): string {
    const bytes = ipaddr.IPv4.networkAddressFromCIDR(meshCidr).toByteArray();
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) + index + 1;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function meshCidrProblems({ meshCidr, count, elsewhere = {} }: MeshPlan): Problem[] {
    const malformed = cidrProblems("meshCidr", meshCidr);
    if (malformed.length > 0) {
        return malformed;
    }
    if (!ipaddr.IPv4.isValidCIDR(meshCidr)) {
        return [problem("meshCidr", meshCidr, "the mesh has IPv4 addresses")];
    }
    const usable = Math.max(2 ** (32 - ipaddr.IPv4.parseCIDR(meshCidr)[1]) - 2, 0);
    return [
        ...(usable < count
            ? [
                  problem(
                      "meshCidr",
                      meshCidr,
                      `it has ${usable} usable addresses, too few for ${count} machines`,
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
