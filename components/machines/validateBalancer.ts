import * as ipaddr from "ipaddr.js";
import { problem, type Problem } from "../problems";
import { networkZone } from "./balancerPlan";
import { overlap, privateCidrProblems } from "./validate";

export interface BalancerPlan {
    domain: string;
    dnsZone: string;
    loadBalancerType: string;
    privateCidr: string;
    /** The machines' locations. */
    locations: string[];
    /** Networks that must not share addresses with the private one, by the argument that they come from. */
    elsewhere?: Record<string, string[]>;
}

/** Hetzner's types of load balancers. Source: GET /v1/load_balancer_types. */
const types = ["lb11", "lb21", "lb31"];

/** What is wrong with the plan of the load balancer; each line names the argument. */
export function balancerProblems(plan: BalancerPlan): Problem[] {
    return [
        ...domainProblems(plan),
        ...typeProblems(plan.loadBalancerType),
        ...zoneProblems(plan.locations),
        ...networkProblems(plan),
    ];
}

function networkProblems({ privateCidr, elsewhere = {} }: BalancerPlan): Problem[] {
    const wrong = privateCidrProblems(privateCidr);
    return wrong.length > 0 ? wrong : overlapProblems(privateCidr, elsewhere);
}

/** What is wrong with the type of a load balancer. */
export function typeProblems(loadBalancerType: string): Problem[] {
    return types.includes(loadBalancerType)
        ? []
        : [
              problem(
                  "loadBalancerType",
                  loadBalancerType,
                  `Hetzner's types are ${types.join(", ")}`,
              ),
          ];
}

function domainProblems({ domain, dnsZone }: BalancerPlan): Problem[] {
    const wrong = nameProblems("domain", domain, "airflow.example.com");
    if (dnsZone === "") {
        return [
            ...wrong,
            "dnsZone: nothing is set; the zone at Hetzner DNS that holds the domain is needed",
        ];
    }
    const problems = [...wrong, ...nameProblems("dnsZone", dnsZone, "example.com")];
    return problems.length > 0 || domain === dnsZone || domain.endsWith(`.${dnsZone}`)
        ? problems
        : [problem("domain", domain, `it is not in the zone ${dnsZone} of dnsZone`)];
}

/** As a certificate and a zone have it: lower case, no dot at the end, no wildcard. */
function nameProblems(argument: string, name: string, example: string): Problem[] {
    const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    return name.length <= 253 && new RegExp(`^(${label}\\.)+[a-z]${label}$`).test(name)
        ? []
        : [problem(argument, name, `a DNS name in lower case is needed, such as ${example}`)];
}

function zoneProblems(locations: string[]): Problem[] {
    // What is no location has been named already.
    const known = locations.filter((location) => networkZone(location) !== undefined);
    if (new Set(known.map(networkZone)).size < 2) {
        return [];
    }
    const where = known.map((location) => `${location} is in ${networkZone(location)}`).join(", ");
    const allowed = "a load balancer reaches machines in one network zone of Hetzner's only";
    return [problem("locations", locations, `${allowed}: ${where}`)];
}

function overlapProblems(privateCidr: string, elsewhere: Record<string, string[]>): Problem[] {
    return Object.entries(elsewhere).flatMap(([argument, networks]) =>
        networks
            // "everywhere" is a rule for a firewall, not a network that has addresses of its own.
            .filter((network) => ipaddr.isValidCIDR(network) && !network.endsWith("/0"))
            .filter((network) => overlap(network, privateCidr))
            .map((network) =>
                problem("privateCidr", privateCidr, `it overlaps ${network} of ${argument}`),
            ),
    );
}
