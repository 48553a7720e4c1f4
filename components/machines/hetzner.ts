import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Connection, Machine } from "../node";
import { ports } from "../ports";
import { refuse } from "../problems";
import { versions } from "../versions";
import { balancerAddress } from "./balancerPlan";
import {
    balancerExposure,
    exposures,
    withEntrance,
    type EntranceArgs,
    type Exposure,
} from "./exposure";
import { booted, closed } from "./prepare";
import { renderUserData } from "./render";
import { explainUnavailable } from "./unavailable";
import { machinesProblems } from "./validate";

/** How many machines are made where, of which type, and who may reach them. */
export interface HetznerMachinesArgs extends EntranceArgs {
    /**
     * Hetzner Cloud locations, each once: nbg1, fsn1, hel1, ash, hil, sin. One machine is made in each, named
     * `<namePrefix>-<location>`. Append only: the order gives mesh addresses.
     */
    locations: string[];
    /**
     * What the names of machines, SSH key and firewall begin with; unique in the Hetzner project. 1 to 40 lower-case
     * letters, digits and hyphens, a letter first, no hyphen last. @default the component's name
     */
    namePrefix?: string;
    /** Hetzner's server type. Airflow, PostgreSQL and RabbitMQ together want 8 GB. @example "cx33" */
    serverType: string;
    /**
     * Hetzner's own protection of the servers against deletion and rebuilding, and Pulumi's (`protect`) against what
     * would delete them. @default false
     */
    protection?: boolean;
    /**
     * The private network (CIDR) of the HetznerLoadBalancer that is put in front of them: the machines' own firewall
     * lets its address in. @default there is no load balancer
     */
    privateCidr?: string;
}

/**
 * One Hetzner Cloud server in each location, with a firewall at the provider and the same one on the machine.
 * Their SSH host keys are made here and pinned, so there is no trust on first use.
 *
 * A machine is never replaced or powered off as a side effect: a changed type, image or user data is for new machines
 * only. To make one anew: `pulumi up --replace <its URN>`, one at a time.
 */
export class HetznerMachines extends pulumi.ComponentResource {
    /** In the order of `locations`; who uses one waits until it has booted and its firewall is closed. */
    readonly machines: Machine[];
    /** The key that the program logs in with, as root, in OpenSSH's format; secret. */
    readonly privateKey: pulumi.Output<string>;
    /** The machines' lines for `known_hosts`. */
    readonly knownHosts: pulumi.Output<string>;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: HetznerMachinesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:HetznerMachines", name, {}, opts);
        const plan = withEntrance({ ...args, namePrefix: args.namePrefix ?? name });
        refuse(this, name, machinesProblems(plan));

        const exposed = exposures({ ...plan, sshPort: ports.ssh });
        const onMachine = [
            ...exposed,
            ...(plan.privateCidr ? [balancerExposure(balancerAddress(plan.privateCidr))] : []),
        ];
        const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, { parent: this });
        const sshKey = new hcloud.SshKey(
            `${name}-ssh-key`,
            { name: plan.namePrefix, publicKey: key.publicKeyOpenssh.apply((line) => line.trim()) },
            { parent: this },
        );
        const firewall = this.createFirewall(name, plan.namePrefix, exposed);
        const hosts = plan.locations.map((location) =>
            this.createMachine(name, `${plan.namePrefix}-${location}`, location, onMachine, {
                args,
                key,
                sshKey,
                firewall,
            }),
        );

        this.machines = hosts.map(({ machine }) => machine);
        this.privateKey = key.privateKeyOpenssh;
        this.knownHosts = pulumi.concat(
            ...hosts.map(
                ({ machine, hostKey }) =>
                    pulumi.interpolate`${machine.publicAddress} ${hostKey.publicKeyOpenssh}`,
            ),
        );
        this.registerOutputs({ privateKey: this.privateKey, knownHosts: this.knownHosts });
    }

    private createFirewall(name: string, label: string, exposed: Exposure[]): hcloud.Firewall {
        return new hcloud.Firewall(
            `${name}-firewall`,
            {
                name: label,
                rules: exposed.map(({ description, protocol, port, sources }) => ({
                    description,
                    direction: "in",
                    protocol,
                    port: String(port),
                    sourceIps: sources,
                })),
            },
            { parent: this },
        );
    }

    private createMachine(
        name: string,
        host: string,
        location: string,
        exposed: Exposure[],
        shared: {
            args: HetznerMachinesArgs;
            key: tls.PrivateKey;
            sshKey: hcloud.SshKey;
            firewall: hcloud.Firewall;
        },
    ): { machine: Machine; hostKey: tls.PrivateKey } {
        const { args, key, sshKey, firewall } = shared;
        const child = `${name}-${location}`;
        const hostKey = new tls.PrivateKey(
            `${child}-host-key`,
            { algorithm: "ED25519" },
            { parent: this },
        );
        const server = new hcloud.Server(
            `${child}-server`,
            {
                name: host,
                location,
                serverType: args.serverType,
                image: versions.debian,
                sshKeys: [sshKey.id],
                firewallIds: [firewall.id.apply(Number)],
                userData: userData(hostKey),
                deleteProtection: args.protection ?? false,
                rebuildProtection: args.protection ?? false,
            },
            {
                parent: this,
                ignoreChanges: ["image", "serverType", "sshKeys", "userData"],
                // Its name has to be free before its successor can have it.
                deleteBeforeReplace: true,
                // Without it, that of the component's options holds.
                protect: args.protection || undefined,
                hooks: explainUnavailable(
                    child,
                    { name: host, serverType: args.serverType, location },
                    this,
                ),
            },
        );
        server.serverType.apply((type) => {
            if (type !== args.serverType) {
                const wanted = `${host} stays a ${type} until it is made anew as a ${args.serverType}`;
                void pulumi.log.warn(
                    `${wanted}: one machine at a time, see docs/operations.md`,
                    server,
                );
            }
        });
        const connection: pulumi.Input<Connection> = {
            host: server.ipv4Address,
            user: "root",
            privateKey: key.privateKeyOpenssh,
            hostKey: hostKey.publicKeyOpenssh.apply((line) => line.trim()),
            // 60 tries, at most 5 s apart: a server that is being made or rebooted gets about 5 minutes.
            dialErrorLimit: 60,
            perDialTimeout: 10,
        };
        const machine: Machine = {
            name: host,
            location,
            publicAddress: server.ipv4Address,
            connection,
            user: "root",
            sshPort: ports.ssh,
            instance: server.id,
            resource: server,
            privateCidr: args.privateCidr,
        };
        const dependsOn = booted(child, machine, args.adminCidrs, this);
        return { machine: closed(child, machine, exposed, { parent: this, dependsOn }), hostKey };
    }
}

function userData(hostKey: tls.PrivateKey): pulumi.Output<string> {
    return pulumi.secret(
        pulumi
            .all([hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh])
            .apply(([privateKey, publicKey]) => renderUserData({ privateKey, publicKey })),
    );
}
