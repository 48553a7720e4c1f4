import { equal, type Value, type Values } from "../rpc/values.ts";
import type { Action, Client } from "./client.ts";
import type { Server } from "./serverState.ts";

interface Acted {
    action?: Action;
    actions?: Action[];
}

/** Changes one server in place, one action after the other. */
export class ServerChange {
    readonly #client: Client;
    readonly #id: number;
    readonly #signal: AbortSignal;

    constructor(client: Client, id: string, signal: AbortSignal) {
        this.#client = client;
        this.#id = Number(id);
        this.#signal = signal;
    }

    async get(): Promise<Server> {
        const path = `/servers/${this.#id}`;
        return (await this.#client.get<{ server: Server }>(path, this.#signal)).server;
    }

    async update(state: Values, inputs: Values): Promise<void> {
        const changed = (name: string) => !equal(state[name], inputs[name]);
        const server = await this.get();
        if (changed("name")) {
            await this.#put({ name: inputs.name });
        }
        if (changed("labels")) {
            await this.#put({ labels: inputs.labels ?? {} });
        }
        if (changed("serverType")) {
            if (server.status === "running") {
                await this.#act("poweroff", {});
            }
            const body = { server_type: inputs.serverType, upgrade_disk: inputs.keepDisk !== true };
            await this.#act("change_type", body);
        }
        if (inputs.firewallIds !== undefined) {
            await this.#setFirewalls(server, inputs.firewallIds);
        }
        // Against what is there: a create that was interrupted may not have come this far.
        const { protection } = server;
        const [ofDelete, ofRebuild] = [inputs.deleteProtection, inputs.rebuildProtection];
        if (
            protection.delete !== (ofDelete === true) ||
            protection.rebuild !== (ofRebuild === true)
        ) {
            await this.protect(inputs);
        }
    }

    async protect({ deleteProtection, rebuildProtection }: Values): Promise<void> {
        const body = { delete: deleteProtection === true, rebuild: rebuildProtection === true };
        await this.#act("change_protection", body);
    }

    async shutDown(): Promise<void> {
        await this.#act("shutdown", {});
    }

    async #setFirewalls(server: Server, ids: Value): Promise<void> {
        const there = server.public_net.firewalls.map(({ id }) => id);
        const wanted = (ids as Value[]).map(Number);
        const resources = [{ type: "server", server: { id: this.#id } }];
        for (const id of there.filter((each) => !wanted.includes(each))) {
            const path = `/firewalls/${id}/actions/remove_from_resources`;
            await this.#post(path, { remove_from: resources });
        }
        for (const id of wanted.filter((each) => !there.includes(each))) {
            const path = `/firewalls/${id}/actions/apply_to_resources`;
            await this.#post(path, { apply_to: resources });
        }
    }

    async #put(body: object): Promise<void> {
        await this.#client.put(`/servers/${this.#id}`, body, this.#signal);
    }

    async #act(command: string, body: object): Promise<void> {
        await this.#post(`/servers/${this.#id}/actions/${command}`, body);
    }

    async #post(path: string, body: object): Promise<void> {
        const { action, actions } = await this.#client.post<Acted>(path, body, this.#signal);
        await this.#client.wait([action ?? [], actions ?? []].flat(), this.#signal);
    }
}
