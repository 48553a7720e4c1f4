import { dropHolder, ensureHolder, heldNames } from "./holders.ts";
import { BalancerProcess } from "./balancer/process.ts";
import { isRunning, namespaceOf } from "./machines.ts";
import { plugPrivate, plugPublic, privateLinks, type PrivatePlug, unplug } from "./plug.ts";
import { removeLink } from "./network.ts";
import type { LoadBalancer, Network, Store } from "./store.ts";

/** Milliseconds between two looks at whether a machine has booted and lacks its private interface. */
const interval = 1_000;

/**
 * Private networks and load balancers: what is told of them in the state, made true on this computer. A private
 * network is a network namespace that routes between its members, so that labs do not see each other's; a load
 * balancer is a process in a namespace of its own, with a public and a private interface.
 */
export class Balancing {
    readonly #store: Store;
    readonly #log: (line: string) => void;
    readonly #processes = new Map<number, BalancerProcess>();
    #last: Promise<unknown> = Promise.resolve();

    constructor(store: Store, log: (line: string) => void) {
        this.#store = store;
        this.#log = log;
    }

    /** Looks after machines that boot by themselves: their new namespace has no private interface yet. */
    watch(): void {
        const look = () => {
            const some = this.#store.state.networks.some(({ members }) => members.length > 0);
            void (some ? this.apply() : Promise.resolve())
                .catch((error: unknown) => this.#log(`private networks: ${String(error)}`))
                .finally(() => setTimeout(look, interval).unref());
        };
        look();
    }

    /** One after the other, so that the last state is the one that stays. */
    apply(): Promise<void> {
        const applied = this.#last.then(() => this.#apply());
        this.#last = applied.catch(() => undefined);
        return applied;
    }

    health({ id }: LoadBalancer, port: number, server: number): string {
        return this.#processes.get(id)?.health(port, server) ?? "unknown";
    }

    async #apply(): Promise<void> {
        const { networks, loadBalancers } = this.#store.state;
        await this.#drop("net-", networks);
        for (const balancer of await this.#drop("lb-", loadBalancers)) {
            this.#processes.get(balancer)?.forget();
            this.#processes.delete(balancer);
        }
        const balancers = new Map<number, string>();
        for (const balancer of loadBalancers) {
            balancers.set(balancer.id, await this.#ensureBalancer(balancer));
        }
        for (const network of networks) {
            await this.#ensureNetwork(network, balancers);
        }
        for (const balancer of loadBalancers) {
            this.#ensureProcess(balancer, balancers.get(balancer.id) ?? "");
        }
    }

    /** Ends what the state has no more; gives their ids. */
    async #drop(prefix: string, kept: { id: number }[]): Promise<number[]> {
        const ids = heldNames(prefix).map((name) => Number(name.slice(prefix.length)));
        const gone = ids.filter((id) => !kept.some((each) => each.id === id));
        for (const id of gone) {
            await dropHolder(`${prefix}${id}`);
        }
        return gone;
    }

    async #ensureBalancer({ id, address }: LoadBalancer): Promise<string> {
        const { subnet } = this.#store.state;
        const { path, fresh } = await ensureHolder(`lb-${id}`);
        if (fresh) {
            await removeLink({ address }, subnet);
            await plugPublic(path, subnet, address);
        }
        return path;
    }

    async #ensureNetwork(network: Network, balancers: Map<number, string>): Promise<void> {
        const { servers, loadBalancers } = this.#store.state;
        const { path } = await ensureHolder(`net-${network.id}`);
        const wanted: PrivatePlug[] = [
            ...network.members.flatMap(({ server: id, ip }) => {
                const server = servers.find((each) => each.id === id);
                const owner = server && isRunning(server) ? namespaceOf(server) : undefined;
                return server && owner ? [{ id, ip, owner, up: !server.cut }] : [];
            }),
            ...loadBalancers.flatMap(({ id, attachment }) => {
                const owner = balancers.get(id);
                return attachment?.network === network.id && owner
                    ? [{ id, ip: attachment.ip, owner, up: true }]
                    : [];
            }),
        ];
        const there = await privateLinks(path);
        for (const { id } of there.filter((link) => !wanted.some((each) => each.id === link.id))) {
            await unplug(path, id);
        }
        for (const plug of wanted) {
            const link = there.find(({ id }) => id === plug.id);
            if (link?.up !== plug.up) {
                await this.#plug(path, network, plug, link !== undefined);
            }
        }
    }

    /** A machine may end while it is plugged in: that is no failure of what was asked for. */
    async #plug(path: string, { ip_range }: Network, plug: PrivatePlug, isThere: boolean) {
        try {
            await plugPrivate(path, ip_range, plug, isThere);
        } catch (error) {
            this.#log(`private interface ${plug.ip}: ${String(error)}`);
            await unplug(path, plug.id).catch(() => undefined);
        }
    }

    #ensureProcess(balancer: LoadBalancer, namespace: string): void {
        const { certificates, networks } = this.#store.state;
        const process = this.#processes.get(balancer.id) ?? new BalancerProcess(balancer.id);
        this.#processes.set(balancer.id, process);
        const members = networks.find(({ id }) => id === balancer.attachment?.network)?.members;
        process.configure(namespace, {
            services: balancer.services.map((service) => ({
                ...service,
                certificates: certificates
                    .filter(({ id }) => service.http.certificates.includes(id))
                    .map(({ certificate, key }) => ({ certificate: certificate ?? "", key })),
            })),
            targets: balancer.targets.flatMap(({ server }) => {
                const member = members?.find((each) => each.server === server);
                return member ? [{ server, address: member.ip }] : [];
            }),
        });
    }
}
