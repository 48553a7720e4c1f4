import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

export type Labels = Record<string, string>;

export interface SshKey {
    id: number;
    name: string;
    fingerprint: string;
    public_key: string;
    labels: Labels;
    created: string;
}

export interface Rule {
    direction: "in" | "out";
    protocol: "tcp" | "udp" | "icmp" | "esp" | "gre";
    port: string | null;
    source_ips: string[];
    destination_ips: string[];
    description: string | null;
}

export interface Firewall {
    id: number;
    name: string;
    labels: Labels;
    rules: Rule[];
    created: string;
}

export interface Server {
    id: number;
    name: string;
    labels: Labels;
    created: string;
    serverType: string;
    /** Disk of the type that the server was made with or last grew to, GB. */
    diskSize: number;
    image: number;
    location: string;
    address: string;
    firewalls: number[];
    protection: { delete: boolean; rebuild: boolean };
    /** What the owner wants: a server that is wanted "on" is booted again after a crash of the computer. */
    power: "on" | "off";
    /** Off the network by `lab -- cut`. */
    cut: boolean;
    status: "initializing" | "ready" | "deleting";
}

export interface Action {
    id: number;
    command: string;
    status: "running" | "success" | "error";
    progress: number;
    started: string;
    finished: string | null;
    resources: { id: number; type: string }[];
    error: { code: string; message: string } | null;
}

export interface State {
    /** The lab's public addresses are 198.18.<subnet>.0/24. */
    subnet: number;
    nextId: number;
    sshKeys: SshKey[];
    firewalls: Firewall[];
    servers: Server[];
    actions: Action[];
}

export function emptyState(subnet: number): State {
    const lists = { sshKeys: [], firewalls: [], servers: [], actions: [] };
    return { subnet, nextId: 1, ...lists };
}

/** The state in memory, and on disk after each `save`: the whole old or the whole new one. */
export class Store {
    readonly state: State;
    readonly #path: string;

    constructor(path: string) {
        this.#path = path;
        this.state = readState(path);
    }

    nextId(): number {
        return this.state.nextId++;
    }

    save(): void {
        writeState(this.#path, this.state);
    }
}

export function readState(path: string): State {
    return JSON.parse(readFileSync(path, "utf8")) as State;
}

export function writeState(path: string, state: State): void {
    const part = `${path}.part`;
    const file = openSync(part, "w", 0o600);
    try {
        writeSync(file, JSON.stringify(state, null, 1));
        fsyncSync(file);
    } finally {
        closeSync(file);
    }
    renameSync(part, path);
}
