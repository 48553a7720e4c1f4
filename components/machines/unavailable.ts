import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";

/** What Hetzner's API says of a server type. */
export interface OfferedType {
    name: string;
    architecture: string;
    /** GB */
    memory: number;
    locations: { name: string; available: boolean; isDeprecated: boolean }[];
}

/** The machine that could not be made. */
export interface Wanted {
    name: string;
    serverType: string;
    location: string;
}

/**
 * Where a location has none of a server type left, Hetzner's error names neither. The hook says which it was, and what
 * there is instead by Hetzner's own list. Source of the code: https://docs.hetzner.cloud/reference/cloud#errors
 */
export function explainUnavailable(
    child: string,
    wanted: Wanted,
    parent: pulumi.Resource,
): pulumi.ResourceHookBinding {
    if (!hooksAreKnown()) {
        return {};
    }
    const hook = new pulumi.ErrorHook(`${child}-unavailable`, async ({ errors: [latest] }) => {
        if (latest.includes("resource_unavailable")) {
            await pulumi.log.error(describeUnavailable(wanted, await offeredTypes(parent)), parent);
        }
        return false; // whether to try again
    });
    return { onError: [hook] };
}

/** Hetzner's list, or nothing where it cannot be had: the error is told in any case. */
async function offeredTypes(parent: pulumi.Resource): Promise<OfferedType[]> {
    try {
        return (await hcloud.getServerTypes({ parent })).serverTypes;
    } catch {
        return [];
    }
}

/** Pulumi's mocks, which a stack's own unit tests use, have no hooks. */
function hooksAreKnown(): boolean {
    const monitor: object | undefined = pulumi.runtime.getMonitor();
    return monitor !== undefined && "registerErrorHook" in monitor;
}

/** The error for people: what is not to be had where, and what is. */
export function describeUnavailable(
    { name, serverType, location }: Wanted,
    offered: OfferedType[],
): string {
    const type = offered.find((each) => each.name === serverType);
    const elsewhere = type ? availableIn(type).filter((each) => each !== location) : [];
    const others = offered.filter(
        (each) =>
            each.name !== serverType &&
            each.architecture === type?.architecture &&
            each.memory >= type.memory &&
            availableIn(each).includes(location),
    );
    return [
        `${name}: Hetzner has no ${serverType} left in ${location} at the moment (resource_unavailable).`,
        `By its list, ${serverType} is there in ${listed(elsewhere)};`,
        `${location} has ${listed(others.map((each) => each.name))} with as much memory or more.`,
        "Choose another serverType or other locations, or run `pulumi up` again later: it goes on from here.",
    ].join(" ");
}

function availableIn({ locations }: OfferedType): string[] {
    return locations
        .filter(({ available, isDeprecated }) => available && !isDeprecated)
        .map(({ name }) => name);
}

function listed(names: string[]): string {
    return names.length > 0 ? names.join(", ") : "none";
}
