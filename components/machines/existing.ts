import * as pulumi from "@pulumi/pulumi";
import type { Connection, Machine } from "../node";
import { ports } from "../ports";
import { checked, isPlain, refuse } from "../problems";
import { RemoteFile, RemoteScript } from "../remote";
import { exposures, withEntrance, type EntranceArgs } from "./exposure";
import { booted, closed } from "./prepare";
import { renderSshdLimits } from "./render";
import { existingProblems } from "./validate";
import { privateKeyProblems } from "./validateKey";

/** A machine that is there already: Debian 13, and for this system only. */
export interface ExistingMachine {
    /** Its host name, as `hostname` prints it there. */
    name: string;
    /** The data centre's name, for people. @default the machine's name */
    location?: string;
    /** IPv4 address under which the operator and the other machines reach it. */
    address: string;
    /** Its SSH host key as /etc/ssh/ssh_host_*_key.pub has it; it is pinned. @example "ssh-ed25519 AAAA…" */
    hostKey: string;
    /** Whom to log in as; another one than root must be let through by sudo without a password. @default "root" */
    user?: string;
    /** TCP port of its sshd. @default 22 */
    sshPort?: number;
}

/** Arguments of ExistingMachines. */
export interface ExistingMachinesArgs extends EntranceArgs {
    /** Append only: the order gives mesh addresses. */
    machines: ExistingMachine[];
    /** The key that opens all of them, in OpenSSH's or PEM format, without a passphrase. */
    privateKey: pulumi.Input<string>;
}

/**
 * Machines that somebody else has made: they are closed by their own firewall (nftables) and from then on taken like
 * those of HetznerMachines. When the stack is destroyed, the files that it wrote are removed; what it installed, and
 * all data, stays.
 */
export class ExistingMachines extends pulumi.ComponentResource {
    /** In the order of `args.machines`; who uses one waits until it is prepared. */
    readonly machines: Machine[];
    /** The key that the program logs in with; secret. */
    readonly privateKey: pulumi.Output<string>;
    /** `known_hosts` lines of all machines. */
    readonly knownHosts: pulumi.Output<string>;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: ExistingMachinesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:ExistingMachines", name, {}, opts);
        const plan = withEntrance(args);
        const { privateKey } = args;
        refuse(this, name, [
            ...existingProblems(plan),
            ...(isPlain(privateKey) ? privateKeyProblems(privateKey) : []),
        ]);

        // OpenSSH wants the last line's end, which a value that was set from a file has lost.
        this.privateKey = pulumi.secret(
            checked(this, name, privateKey, privateKeyProblems).apply((key) => `${key.trim()}\n`),
        );
        this.machines = plan.machines.map((existing) => {
            const child = `${name}-${existing.name}`;
            const machine = this.describe(existing);
            const dependsOn = this.createSshd(child, machine, plan.adminCidrs);
            const exposed = exposures({ ...plan, sshPort: existing.sshPort ?? ports.ssh });
            return closed(child, machine, exposed, { parent: this, dependsOn });
        });
        this.knownHosts = pulumi.output(plan.machines.map(knownHost).join(""));
        this.registerOutputs({ privateKey: this.privateKey, knownHosts: this.knownHosts });
    }

    private describe(existing: ExistingMachine): Machine {
        const { name, location = name, address, hostKey, user = "root" } = existing;
        const sshPort = existing.sshPort ?? ports.ssh;
        // A machine whose system was installed anew has another host key.
        const instance = keyOf(hostKey);
        const connection: pulumi.Input<Connection> = {
            host: address,
            port: sshPort,
            user,
            privateKey: this.privateKey,
            hostKey: instance,
            // 12 tries, at most 5 s apart: it is there, so a minute is for a reboot. A wrong key or user is told soon.
            dialErrorLimit: 12,
            perDialTimeout: 10,
        };
        return { name, location, publicAddress: address, connection, user, sshPort, instance };
    }

    /** The first setting that is changed on the machine, and only if it is the right one and lets its operator in. */
    private createSshd(child: string, machine: Machine, adminCidrs: string[]): RemoteScript {
        const limits = new RemoteFile(
            `${child}-sshd-limits`,
            {
                machine,
                path: "/etc/ssh/sshd_config.d/10-airflow-ha.conf",
                content: renderSshdLimits(),
            },
            { parent: this, dependsOn: booted(child, machine, adminCidrs, this) },
        );
        return new RemoteScript(
            `${child}-sshd`,
            { machine, script: "machine-sshd.sh", files: [limits] },
            { parent: this },
        );
    }
}

function knownHost({ address, sshPort = ports.ssh, hostKey }: ExistingMachine): string {
    const host = sshPort === ports.ssh ? address : `[${address}]:${sshPort}`;
    return `${host} ${keyOf(hostKey)}\n`;
}

/** A public key without its comment. */
function keyOf(line: string): string {
    return line.trim().split(/\s+/).slice(0, 2).join(" ");
}
