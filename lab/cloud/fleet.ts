import type { Actions } from "./api/actions.ts";
import { ApiError } from "./api/errors.ts";
import * as machines from "./machines.ts";
import type { Balancing } from "./balancing.ts";
import type { PacketFilter } from "./network.ts";
import type { Seed } from "./seed.ts";
import type { Action, Server, Store } from "./store.ts";

/** The servers: what is told of them in the state, made true on this computer. */
export class Fleet {
    readonly #store: Store;
    readonly #actions: Actions;
    readonly #filter: PacketFilter;
    readonly #balancing: Balancing;
    readonly #log: (line: string) => void;
    /** The change that is under way on a server, by its id. */
    readonly #changes = new Map<number, Promise<void>>();

    constructor(
        store: Store,
        actions: Actions,
        filter: PacketFilter,
        balancing: Balancing,
        log: (line: string) => void,
    ) {
        this.#balancing = balancing;
        this.#store = store;
        this.#actions = actions;
        this.#filter = filter;
        this.#log = log;
    }

    /** After the start of the daemon: servers that should be on are on, whatever happened meanwhile. */
    async recover(): Promise<void> {
        const { state } = this.#store;
        await this.#filter.apply();
        for (const action of state.actions.filter(({ status }) => status === "running")) {
            this.#actions.fail(action, "the cloud was interrupted");
        }
        for (const server of [...state.servers]) {
            if (server.status === "ready") {
                server.power = machines.isHalted(server) ? "off" : server.power;
                if (server.power === "on" && !machines.isRunning(server)) {
                    this.#log(`${server.name} is booted again`);
                    await this.#do(server, "start_server", () => this.#boot(server)).finished;
                }
            } else {
                // Half made or half removed: nobody was told that it is there.
                this.#log(
                    `${server.name} is removed: the cloud was interrupted while it was ${server.status}`,
                );
                await this.#remove(server);
            }
        }
        this.#store.save();
    }

    isLocked({ id }: Server): boolean {
        return this.#changes.has(id);
    }

    isOn(server: Server): boolean {
        return machines.isRunning(server);
    }

    /** Makes a server that is in the state already. */
    create(server: Server, seed: Seed): { action: Action; next: Action[] } {
        const next = server.power === "on" ? [this.#begin(server, "start_server")] : [];
        const action = this.#begin(server, "create_server");
        void this.#run(server, [action, ...next], async () => {
            await this.#filter.apply();
            await machines.createDisk(server, this.#store.state.subnet, seed);
            server.status = "ready";
            this.#store.save();
            this.#actions.succeed(action);
            if (server.power === "on") {
                await this.#boot(server);
            }
        });
        return { action, next };
    }

    delete(server: Server): Action {
        if (server.protection.delete) {
            throw new ApiError(403, "protected", "server deletion is protected");
        }
        if (server.status === "deleting") {
            this.#refuseLocked(server);
        }
        const before = this.#changes.get(server.id);
        server.status = "deleting";
        const action = this.#begin(server, "delete_server");
        void this.#run(server, [action], async () => {
            await before;
            await this.#remove(server);
        });
        return action;
    }

    powerOn(server: Server): Action {
        return this.#do(server, "start_server", () => this.#boot(server), "on").action;
    }

    powerOff(server: Server): Action {
        return this.#do(server, "stop_server", () => this.#kill(server), "off").action;
    }

    reset(server: Server): Action {
        const work = async () => {
            await this.#kill(server);
            await this.#boot(server);
        };
        return this.#do(server, "reset_server", work, "on").action;
    }

    /** Asks the server's own system; the action is done when it has been asked. */
    ask(server: Server, command: string, what: "shutdown" | "reboot"): Action {
        return this.#do(server, command, () => Promise.resolve(machines.ask(server, what))).action;
    }

    /** Takes a server off the network, or back, at once. */
    async setCut(server: Server, cut: boolean): Promise<void> {
        server.cut = cut;
        this.#store.save();
        await Promise.all([this.#filter.apply(), this.#balancing.apply()]);
    }

    /** Resolves when no change of the server is under way. */
    async settled({ id }: Server): Promise<void> {
        await this.#changes.get(id);
    }

    #do(server: Server, command: string, work: () => Promise<void>, power = server.power) {
        this.#refuseLocked(server);
        server.power = power;
        const action = this.#begin(server, command);
        return { action, finished: this.#run(server, [action], work) };
    }

    #refuseLocked(server: Server): void {
        if (this.isLocked(server)) {
            throw new ApiError(423, "locked", `server ${server.name} is locked by another action`);
        }
    }

    #begin(server: Server, command: string): Action {
        return this.#actions.begin(command, [{ id: server.id, type: "server" }]);
    }

    #run(server: Server, actions: Action[], work: () => Promise<void>): Promise<void> {
        this.#store.save();
        const open = () => actions.filter(({ status }) => status === "running");
        const change = work()
            .then(
                () => open().forEach((action) => this.#actions.succeed(action)),
                (error: unknown) => {
                    this.#log(`${server.name}: ${String(error)}`);
                    open().forEach((action) => this.#actions.fail(action, error));
                },
            )
            .then(() => {
                if (this.#changes.get(server.id) === change) {
                    this.#changes.delete(server.id);
                }
                this.#store.save();
            });
        this.#changes.set(server.id, change);
        return change;
    }

    async #boot(server: Server): Promise<void> {
        const began = Date.now();
        await machines.boot(server, this.#store.state.subnet);
        await this.#balancing.apply();
        this.#log(`${server.name} boots (${Date.now() - began} ms to its init)`);
    }

    #kill(server: Server): Promise<void> {
        return machines.kill(server, this.#store.state.subnet);
    }

    async #remove(server: Server): Promise<void> {
        const { state } = this.#store;
        await machines.removeDisk(server, state.subnet);
        state.servers.splice(state.servers.indexOf(server), 1);
        const others = <T extends { server: number }>(list: T[]) =>
            list.filter((each) => each.server !== server.id);
        state.networks.forEach((each) => (each.members = others(each.members)));
        state.loadBalancers.forEach((each) => (each.targets = others(each.targets)));
        this.#store.save();
        await Promise.all([this.#filter.apply(), this.#balancing.apply()]);
    }
}
