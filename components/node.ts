import type { Input, Resource } from "@pulumi/pulumi";
import type { types } from "@pulumi/command";

/** How a machine is reached over SSH: the `connection` of the remote resources of `@pulumi/command`. */
export type Connection = types.input.remote.ConnectionArgs;

/** A machine that runs Debian 13 and lets root, or a user who may become root by `sudo`, in over SSH. */
export interface Machine {
    /** Host name, unique in the cluster: a DNS label of at most 63 characters. */
    name: string;
    /** The data centre's or region's name, as the provider spells it (`nbg1`). */
    location: string;
    /** IPv4 address under which the other machines and the operator reach it. */
    publicAddress: Input<string>;
    /** Resolves only when the machine has booted and may be configured. */
    connection: Input<Connection>;
    /** Whom `connection` logs in as. Anybody but root works through `sudo -n`. @default "root" */
    user?: string;
    /** TCP port of the machine's sshd. @default 22 */
    sshPort?: number;
    /** Another value when the machine is made anew: all that was put on it is then put on it again. */
    instance: Input<string>;
    /** The resource that takes the machine's disk with it when it goes: nothing is deleted one by one then. */
    resource?: Resource;
    /** Network (CIDR) of the load balancer that the machine's firewall lets in. @default there is none */
    privateCidr?: string;
}

/** Where a machine takes a load balancer's requests, in plain HTTP. */
export interface Entrance {
    /** The machine's IPv4 address in the network that it shares with the load balancer. */
    address: string;
    /** The load balancer's IPv4 address there: nobody else is let in. */
    source: string;
}

/** A machine that is in the mesh. Services take only these, so that none can bind to a public address. */
export interface MeshNode extends Machine {
    /** IPv4 address in the WireGuard mesh; plain, so that previews show whole configuration files. */
    meshAddress: string;
}
