import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import type { Entrance, Machine } from "../node";
import { ports } from "../ports";
import { problem, refuse } from "../problems";
import { RemoteScript } from "../remote";
import {
    balancerAddress,
    defaultPrivateCidr,
    healthPath,
    networkZone,
    privateAddress,
    recordName,
} from "./balancerPlan";
import { balancerProblems } from "./validateBalancer";

/** Under which name machines are reached, and how large the load balancer is. */
export interface HetznerLoadBalancerArgs {
    /**
     * The machines of HetznerMachines, all in one network zone of Hetzner's, in their order: it gives private
     * addresses.
     */
    machines: Machine[];
    /** The DNS name that browsers open. Lower case, no wildcard. @example "airflow.example.com" */
    domain: string;
    /**
     * The zone that holds it, at Hetzner DNS and in the same project; it must be there, and its registrar must name
     * Hetzner's name servers. @example "example.com"
     */
    dnsZone: string;
    /** Hetzner's type of load balancer: lb11, lb21 or lb31. @default "lb11" */
    loadBalancerType?: string;
    /**
     * Hetzner's private network for the way from the load balancer to the machines, the same as HetznerMachines': a
     * private IPv4 network (RFC 1918) with a prefix of 8 to 24, free in the machines' surroundings.
     * @default "10.91.0.0/24"
     */
    privateCidr?: string;
    /**
     * What network, load balancer and certificate are called, unique in the Hetzner project.
     * @default the component's name
     */
    namePrefix?: string;
    /** Hetzner's own protection of load balancer and network against deletion, and Pulumi's. @default false */
    protection?: boolean;
}

/**
 * Hetzner's load balancer in front of the web UI: one DNS name, a certificate that Hetzner gets and renews, and only
 * machines whose API server is ready. It stands in the first machine's location and ends TLS; behind it, requests are
 * plain HTTP in a private network of Hetzner's. Everybody may reach it: it has no filter of sources.
 */
export class HetznerLoadBalancer extends pulumi.ComponentResource {
    /** Where browsers go: `https://<domain>`. */
    readonly url: pulumi.Output<string>;
    /** The load balancer's public IPv4 address, which the domain leads to. */
    readonly publicAddress: pulumi.Output<string>;

    private readonly name: string;
    private readonly privateCidr: string;
    private readonly machines: Machine[];

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(
        name: string,
        args: HetznerLoadBalancerArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("airflow-ha:index:HetznerLoadBalancer", name, {}, opts);
        const { machines, domain, dnsZone, loadBalancerType = "lb11", protection } = args;
        this.name = name;
        this.privateCidr = args.privateCidr ?? defaultPrivateCidr;
        this.machines = machines;
        const label = args.namePrefix ?? name;
        refuse(this, name, [
            ...(machines.length === 0 ? ["machines: got []; at least one is needed"] : []),
            ...machines
                .map(({ resource }, index) => ({ resource, index }))
                .filter(({ resource }) => !hcloud.Server.isInstance(resource))
                .map(({ index }) => `machines[${index}]: it is no server of Hetzner Cloud`),
            ...machines
                .filter(({ resource }) => hcloud.Server.isInstance(resource))
                .filter((machine) => machine.privateCidr !== this.privateCidr)
                .map((machine) =>
                    problem(
                        "privateCidr",
                        this.privateCidr,
                        `the firewall of ${machine.name} lets in a load balancer of ` +
                            `${machine.privateCidr ?? "no network"}: give HetznerMachines the same`,
                    ),
                ),
            ...balancerProblems({
                ...{ domain, dnsZone, loadBalancerType, privateCidr: this.privateCidr },
                locations: machines.map(({ location }) => location),
            }).map((line) => line.replace(/^locations:/, "machines:")),
        ]);

        const deleteProtection = protection ?? false;
        const protect = protection || undefined;
        const subnet = this.createNetwork(label, deleteProtection, protect);
        const balancer = new hcloud.LoadBalancer(
            `${name}-load-balancer`,
            {
                ...{ name: label, loadBalancerType, deleteProtection },
                location: machines[0].location,
            },
            { parent: this, protect },
        );
        const joined = this.joinNetwork(balancer, subnet);
        machines.forEach((machine, index) =>
            this.createTarget(machine, index, subnet, balancer, joined),
        );
        this.createService(balancer, label, domain);
        this.createRecords(balancer, recordName(domain, dnsZone), dnsZone);

        this.url = pulumi.output(`https://${domain}`);
        this.publicAddress = balancer.ipv4;
        this.registerOutputs({ url: this.url, publicAddress: this.publicAddress });
    }

    /**
     * Where a machine takes the load balancer's requests: an argument of its AirflowNode. `machine` is its name.
     * @throws Error when that machine is not behind this load balancer.
     */
    entrance(machine: string): Entrance {
        const index = this.machines.findIndex(({ name }) => name === machine);
        if (index < 0) {
            throw new Error(`${this.name}: no machine "${machine}" is behind this load balancer`);
        }
        return {
            address: privateAddress(this.privateCidr, index),
            source: balancerAddress(this.privateCidr),
        };
    }

    private createNetwork(
        label: string,
        deleteProtection: boolean,
        protect: true | undefined,
    ): hcloud.NetworkSubnet {
        const network = new hcloud.Network(
            `${this.name}-network`,
            { name: label, ipRange: this.privateCidr, deleteProtection },
            { parent: this, protect },
        );
        return new hcloud.NetworkSubnet(
            `${this.name}-subnet`,
            {
                networkId: number(network),
                type: "cloud",
                networkZone: networkZone(this.machines[0].location) ?? "",
                ipRange: this.privateCidr,
            },
            { parent: this },
        );
    }

    private joinNetwork(
        balancer: hcloud.LoadBalancer,
        subnet: hcloud.NetworkSubnet,
    ): hcloud.LoadBalancerNetwork {
        return new hcloud.LoadBalancerNetwork(
            `${this.name}-load-balancer-network`,
            {
                loadBalancerId: number(balancer),
                subnetId: subnet.id,
                ip: balancerAddress(this.privateCidr),
            },
            { parent: this },
        );
    }

    private createTarget(
        machine: Machine,
        index: number,
        subnet: hcloud.NetworkSubnet,
        balancer: hcloud.LoadBalancer,
        joined: hcloud.LoadBalancerNetwork,
    ): void {
        const child = `${this.name}-${machine.name}`;
        const serverId = pulumi.output(machine.instance).apply(Number);
        const ip = privateAddress(this.privateCidr, index);
        const attached = new hcloud.ServerNetwork(
            `${child}-network`,
            { serverId, subnetId: subnet.id, ip },
            { parent: this },
        );
        const ready = new RemoteScript(
            `${child}-private`,
            {
                machine,
                script: "machine-private.sh",
                variables: { ADDRESS: ip, MAC: attached.macAddress },
            },
            { parent: this },
        );
        new hcloud.LoadBalancerTarget(
            `${child}-target`,
            { loadBalancerId: number(balancer), type: "server", serverId, usePrivateIp: true },
            { parent: this, dependsOn: [joined, attached, ready] },
        );
    }

    private createService(balancer: hcloud.LoadBalancer, label: string, domain: string): void {
        const certificate = new hcloud.ManagedCertificate(
            `${this.name}-certificate`,
            // Another domain's certificate has another name: it is made before the old one, which is in use, goes.
            { name: `${label}-${domain}`, domainNames: [domain] },
            { parent: this },
        );
        new hcloud.LoadBalancerService(
            `${this.name}-service`,
            {
                loadBalancerId: balancer.id,
                protocol: "https",
                listenPort: 443,
                destinationPort: ports.loadBalancer,
                http: { redirectHttp: true, certificates: [number(certificate)] },
                // A machine is left out after two failures, some 6 s. Hetzner's shortest interval is 3 s.
                healthCheck: {
                    protocol: "http",
                    port: ports.loadBalancer,
                    interval: 3,
                    timeout: 2,
                    retries: 2,
                    http: { path: healthPath, statusCodes: ["200"] },
                },
            },
            { parent: this },
        );
    }

    private createRecords(balancer: hcloud.LoadBalancer, record: string, zone: string): void {
        const values = { A: balancer.ipv4, AAAA: balancer.ipv6 };
        for (const [type, value] of Object.entries(values)) {
            new hcloud.ZoneRrset(
                `${this.name}-${type.toLowerCase()}`,
                // Five minutes: another load balancer has another address.
                { zone, name: record, type, ttl: 300, records: [{ value }] },
                { parent: this },
            );
        }
    }
}

function number({ id }: pulumi.CustomResource): pulumi.Output<number> {
    return id.apply(Number);
}
