import type { Value } from "../rpc/values.ts";
import type { Client } from "./client.ts";

interface Named {
    id: number;
    name: string | null;
}
interface ServerType extends Named {
    architecture: string;
}

/** What the program names or numbers, found as hcloud-go finds it: a number is an id first, then a name. */
export class Lookup {
    readonly #client: Client;
    readonly #signal: AbortSignal;

    constructor(client: Client, signal: AbortSignal) {
        this.#client = client;
        this.#signal = signal;
    }

    async serverType(idOrName: string): Promise<ServerType> {
        const found = await this.#find<ServerType>("server_type", idOrName, {});
        return found ?? missing(`server type ${idOrName} not found`);
    }

    async image(idOrName: string, architecture: string): Promise<Named> {
        const query = { architecture, include_deprecated: "true" };
        const found = await this.#find<Named>("image", idOrName, query);
        return found ?? missing(`image ${idOrName} for architecture ${architecture} not found`);
    }

    /** Ids of SSH keys. */
    async sshKeys(idsOrNames: Value | undefined): Promise<number[]> {
        const ids: number[] = [];
        for (const idOrName of (idsOrNames ?? []) as string[]) {
            const found = await this.#find<Named>("ssh_key", idOrName, {});
            ids.push((found ?? missing(`SSH key not found: ${idOrName}`)).id);
        }
        return ids;
    }

    async #find<T extends Named>(
        kind: "server_type" | "image" | "ssh_key",
        idOrName: string,
        query: Record<string, string>,
    ): Promise<T | undefined> {
        if (/^\d+$/.test(idOrName)) {
            const path = `/${kind}s/${idOrName}`;
            const one = await this.#client.find<Record<string, T>>(path, this.#signal);
            if (one) {
                return one[kind];
            }
        }
        const search = new URLSearchParams({ ...query, name: idOrName }).toString();
        const list = await this.#client.get<Record<string, T[]>>(
            `/${kind}s?${search}`,
            this.#signal,
        );
        return list[`${kind}s`]?.[0];
    }
}

function missing(message: string): never {
    throw new Error(message);
}
