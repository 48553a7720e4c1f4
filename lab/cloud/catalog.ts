/** What the lab's cloud offers: a part of Hetzner's own list, under Hetzner's names. */

interface Named {
    id: number;
    name: string;
}

export interface Location extends Named {
    description: string;
    country: string;
    city: string;
    latitude: number;
    longitude: number;
    network_zone: string;
}

function location(
    id: number,
    name: string,
    city: string,
    country: string,
    network_zone: string,
    [latitude, longitude]: [number, number],
): Location {
    const description = `${city} DC Park 1`;
    return { id, name, description, country, city, latitude, longitude, network_zone };
}

export const locations: Location[] = [
    location(1, "fsn1", "Falkenstein", "DE", "eu-central", [50.47612, 12.370071]),
    location(2, "nbg1", "Nuremberg", "DE", "eu-central", [49.452102, 11.076665]),
    location(3, "hel1", "Helsinki", "FI", "eu-central", [60.169855, 24.938379]),
    location(4, "ash", "Ashburn, VA", "US", "us-east", [39.045821, -77.487073]),
    location(5, "hil", "Hillsboro, OR", "US", "us-west", [45.54222, -122.951924]),
    location(6, "sin", "Singapore", "SG", "ap-southeast", [1.283333, 103.833333]),
];

const europe = ["fsn1", "nbg1", "hel1"];
const overseas = ["ash", "hil", "sin"];

export interface ServerType extends Named {
    cores: number;
    memory: number;
    disk: number;
    cpu_type: "shared" | "dedicated";
    offeredIn: string[];
    /** Where none is left. */
    soldOutIn?: string[];
}

/** The sizes are those of the list, not of the lab's machines, which share this computer. */
export const serverTypes: ServerType[] = [
    { ...named(22, "cpx11", 2, 2, 40), offeredIn: overseas },
    { ...named(23, "cpx21", 3, 4, 80), offeredIn: overseas },
    { ...named(24, "cpx31", 4, 8, 160), offeredIn: overseas },
    { ...named(25, "cpx41", 8, 16, 240), offeredIn: overseas },
    { ...named(114, "cx23", 2, 4, 40), offeredIn: europe },
    { ...named(115, "cx33", 4, 8, 80), offeredIn: europe },
    { ...named(116, "cx43", 8, 16, 160), offeredIn: europe },
    // One that cannot be had somewhere, as happens at Hetzner.
    { ...named(117, "cx53", 16, 32, 320), offeredIn: europe, soldOutIn: ["hel1"] },
];

function named(id: number, name: string, cores: number, memory: number, disk: number) {
    return { id, name, cores, memory, disk, cpu_type: "shared" as const };
}

export const images = [{ id: 310557660, name: "debian-13", os_version: "13" }];

export function serverTypeView(type: ServerType) {
    const { id, name, cores, memory, disk, cpu_type, offeredIn, soldOutIn = [] } = type;
    return {
        ...{ id, name, cores, memory, disk, cpu_type },
        description: name.toUpperCase(),
        category: "Shared vCPU",
        storage_type: "local",
        architecture: "x86",
        deprecated: false,
        deprecation: null,
        prices: [],
        locations: locations
            .filter((each) => offeredIn.includes(each.name))
            .map((each) => ({
                id: each.id,
                name: each.name,
                deprecation: null,
                available: !soldOutIn.includes(each.name),
                recommended: true,
            })),
    };
}

export function imageView({ id, name, os_version }: (typeof images)[number]) {
    return {
        ...{ id, name, os_version },
        type: "system",
        status: "available",
        description: "Debian 13",
        os_flavor: "debian",
        architecture: "x86",
        image_size: null,
        disk_size: 5,
        created: "2025-08-12T10:00:00+00:00",
        created_from: null,
        bound_to: null,
        rapid_deploy: true,
        protection: { delete: false },
        deprecated: null,
        deleted: null,
        labels: {},
    };
}

export function datacenterView(at: Location) {
    const offered = serverTypes.filter(({ offeredIn }) => offeredIn.includes(at.name));
    const ids = offered.map(({ id }) => id);
    return {
        id: at.id,
        name: `${at.name}-dc1`,
        description: `${at.city} virtual DC 1`,
        location: at,
        server_types: { supported: ids, available: ids, available_for_migration: ids },
    };
}

/** Sizes of load balancers: names only, as those of servers. */
export const balancerTypes = [
    balancerType(1, "lb11", 25, 5),
    balancerType(2, "lb21", 75, 15),
    balancerType(3, "lb31", 150, 30),
];

function balancerType(id: number, name: string, targets: number, services: number) {
    return {
        ...{ id, name, description: name.toUpperCase() },
        max_connections: id * 10_000,
        max_services: services,
        max_targets: targets,
        max_assigned_certificates: services * 2,
        deprecated: null,
        prices: [],
    };
}
