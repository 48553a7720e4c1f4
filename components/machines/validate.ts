import * as ipaddr from "ipaddr.js";
import { ports } from "../ports";
import { problem, type Problem } from "../problems";
import type { ExistingMachine } from "./existing";
import { entrancePortProblems, sshPortProblems } from "./validatePorts";

/** Hetzner Cloud's locations. Source: GET /v1/locations. */
export const hetznerLocations = ["nbg1", "fsn1", "hel1", "ash", "hil", "sin"];

export interface MachinesPlan {
    locations: string[];
    namePrefix: string;
    adminCidrs: string[];
    webCidrs: string[];
    httpsPort: number;
    wireguardPort: number;
    privateCidr?: string;
}

/** What is wrong with the plan of the machines; each line names the argument. */
export function machinesProblems(plan: MachinesPlan): Problem[] {
    return [
        ...locationProblems(plan.locations),
        ...prefixProblems(plan.namePrefix),
        ...cidrListProblems("adminCidrs", plan.adminCidrs),
        ...cidrListProblems("webCidrs", plan.webCidrs),
        ...entrancePortProblems(plan),
        ...(plan.privateCidr ? privateCidrProblems(plan.privateCidr) : []),
    ];
}

export interface ExistingPlan {
    machines: ExistingMachine[];
    adminCidrs: string[];
    webCidrs: string[];
    httpsPort: number;
    wireguardPort: number;
}

/** What is wrong with the machines that are there already; each line names the argument. */
export function existingProblems(plan: ExistingPlan): Problem[] {
    return [
        ...(plan.machines.length > 0
            ? []
            : [problem("machines", plan.machines, "at least one machine is needed")]),
        ...plan.machines.flatMap((machine, index) =>
            existingMachineProblems(machine, index, plan.httpsPort),
        ),
        ...repeatedProblems(
            "name",
            plan.machines.map(({ name }) => name),
        ),
        ...repeatedProblems(
            "address",
            plan.machines.map(({ address }) => address),
        ),
        ...cidrListProblems("adminCidrs", plan.adminCidrs),
        ...cidrListProblems("webCidrs", plan.webCidrs),
        ...entrancePortProblems(plan),
    ];
}

const machineKeys = ["name", "location", "address", "hostKey", "user", "sshPort"];

/** Nothing is sure to be of its type: a stack's configuration may hold anything. */
function existingMachineProblems(
    machine: ExistingMachine,
    index: number,
    httpsPort: number,
): Problem[] {
    const { name, location = "", address, hostKey, user = "root", sshPort = ports.ssh } = machine;
    const at = (key: string) => `machines[${index}].${key}`;
    return [
        ...Object.keys(machine)
            .filter((key) => !machineKeys.includes(key))
            .map(
                (key) =>
                    `${at(key)}: there is no such setting; there are ${machineKeys.join(", ")}`,
            ),
        ...hostNameProblems(at("name"), name),
        ...(typeof location === "string"
            ? []
            : [problem(at("location"), location, "the data centre's name, as text, is needed")]),
        ...(ipaddr.IPv4.isValidFourPartDecimal(address ?? "")
            ? []
            : [problem(at("address"), address, "an IPv4 address is needed, such as 203.0.113.7")]),
        // It is not shown: it may be the private one. RSA's would be asked for with SHA-1, which no sshd offers any more.
        ...(matches(
            /^\s*(ssh-ed25519 [A-Za-z0-9+/]{68}|ecdsa-sha2-\S+ [A-Za-z0-9+/]{100,}=*)( .*)?\s*$/,
            hostKey,
        )
            ? []
            : [
                  `${at("hostKey")}: the line of /etc/ssh/ssh_host_ed25519_key.pub on the machine is needed`,
              ]),
        ...(matches(/^[a-z_][a-z0-9_-]{0,31}$/, user)
            ? []
            : [problem(at("user"), user, "a user's name on the machine is needed")]),
        ...sshPortProblems(at("sshPort"), sshPort, httpsPort),
    ];
}

function matches(pattern: RegExp, value: unknown): boolean {
    return typeof value === "string" && pattern.test(value);
}

/** `name` must be a machine's host name: a DNS label in lower case. */
export function hostNameProblems(argument: string, name: unknown): Problem[] {
    const allowed = "a host name of 1 to 63 lower-case letters, digits and hyphens is needed";
    return matches(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, name)
        ? []
        : [problem(argument, name, allowed)];
}

/** The values of one key of all machines; each must be there once. */
export function repeatedProblems(key: string, values: unknown[]): Problem[] {
    return values.flatMap((value, index) =>
        value !== undefined && values.indexOf(value) < index
            ? [problem(`machines[${index}].${key}`, value, `another machine has the same ${key}`)]
            : [],
    );
}

/** `argument` must be a list of one or more CIDRs, none of which holds another. */
export function cidrListProblems(argument: string, cidrs: string[]): Problem[] {
    if (cidrs.length === 0) {
        return [problem(argument, cidrs, "at least one network in CIDR notation is needed")];
    }
    const wrong = cidrs.flatMap((cidr, index) => cidrProblems(`${argument}[${index}]`, cidr));
    return wrong.length > 0 ? wrong : overlapProblems(argument, cidrs);
}

/** `cidr` must be a network: an address, a slash, a length, and no bits beyond it. */
export function cidrProblems(argument: string, cidr: string): Problem[] {
    if (!ipaddr.isValidCIDR(cidr) || !cidr.includes("/")) {
        return [
            problem(argument, cidr, "a network in CIDR notation is needed, such as 203.0.113.0/24"),
        ];
    }
    const [address, length] = ipaddr.parseCIDR(cidr);
    const family = address.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
    const network = family.networkAddressFromCIDR(cidr).toString();
    return address.toString() === network
        ? []
        : [problem(argument, cidr, `it has host bits; the network is ${network}/${length}`)];
}

/** Shortest and longest prefix of a private network of Hetzner's. */
const [shortest, longest] = [8, 24];
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** The gateway of every server's public interface. Source: Hetzner's documentation of static addresses. */
const hetznerGateway = "172.31.1.1/32";

/** What is wrong with a network for a load balancer and its machines. */
export function privateCidrProblems(privateCidr: string): Problem[] {
    const malformed = cidrProblems("privateCidr", privateCidr);
    if (malformed.length > 0) {
        return malformed;
    }
    const [address, length] = ipaddr.parseCIDR(privateCidr);
    const isPrivate =
        address.kind() === "ipv4" &&
        privateRanges.some((range) => address.match(ipaddr.parseCIDR(range)));
    if (!isPrivate || length < shortest || length > longest) {
        const allowed = `a network of ${privateRanges.join(", ")} with a prefix of ${shortest} to ${longest} is needed`;
        return [problem("privateCidr", privateCidr, allowed)];
    }
    return overlap(privateCidr, hetznerGateway)
        ? [problem("privateCidr", privateCidr, "172.31.1.1 is the gateway of Hetzner's servers")]
        : [];
}

/** Do two valid networks share an address? */
export function overlap(one: string, other: string): boolean {
    const [a, b] = [ipaddr.parseCIDR(one), ipaddr.parseCIDR(other)];
    return a[0].kind() === b[0].kind() && (a[0].match(b) || b[0].match(a));
}

function overlapProblems(argument: string, cidrs: string[]): Problem[] {
    return cidrs.flatMap((cidr, index) =>
        cidrs
            .slice(0, index)
            .filter((earlier) => overlap(earlier, cidr))
            .map((earlier) =>
                problem(`${argument}[${index}]`, cidr, `it overlaps ${earlier} in the same list`),
            ),
    );
}

function locationProblems(locations: string[]): Problem[] {
    const known = hetznerLocations.join(", ");
    return [
        ...(locations.length > 0
            ? []
            : [problem("locations", locations, "at least one location is needed")]),
        ...locations.flatMap((location, index) =>
            hetznerLocations.includes(location)
                ? []
                : [problem(`locations[${index}]`, location, `Hetzner's locations are ${known}`)],
        ),
        ...locations.flatMap((location, index) =>
            locations.indexOf(location) < index
                ? [
                      problem(
                          `locations[${index}]`,
                          location,
                          "it is there twice, and two machines would have the same name",
                      ),
                  ]
                : [],
        ),
    ];
}

function prefixProblems(prefix: string): Problem[] {
    return /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(prefix)
        ? []
        : [
              problem(
                  "namePrefix",
                  prefix,
                  "1 to 40 lower-case letters, digits and hyphens are allowed, a letter first, no hyphen last",
              ),
          ];
}
