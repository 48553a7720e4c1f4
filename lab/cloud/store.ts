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

/** A place in a private network. */
export interface Attachment {
    network: number;
    ip: string;
}

export interface Network {
    id: number;
    name: string;
    labels: Labels;
    created: string;
    ip_range: string;
    subnets: { type: "cloud"; ip_range: string; network_zone: string; gateway: string }[];
    protection: { delete: boolean };
    /** The servers that are in it. */
    members: { server: number; ip: string }[];
}

export interface BalancerService {
    protocol: "https";
    listen_port: number;
    destination_port: number;
    proxyprotocol: false;
    http: {
        cookie_name: string;
        cookie_lifetime: number;
        certificates: number[];
        redirect_http: boolean;
        sticky_sessions: false;
        timeout_idle: number;
    };
    health_check: {
        protocol: "http";
        port: number;
        interval: number;
        timeout: number;
        retries: number;
        http: {
            domain: string;
            path: string;
            response: string;
            status_codes: string[];
            tls: false;
        };
    };
}

export interface LoadBalancer {
    id: number;
    name: string;
    labels: Labels;
    created: string;
    type: string;
    location: string;
    address: string;
    protection: { delete: boolean };
    attachment: Attachment | null;
    services: BalancerService[];
    targets: { server: number; use_private_ip: boolean }[];
}

export interface Certificate {
    id: number;
    name: string;
    labels: Labels;
    created: string;
    domain_names: string[];
    /** PEM, with the authority's; null when it was refused. */
    certificate: string | null;
    /** PEM. */
    key: string;
    fingerprint: string | null;
    not_valid_before: string | null;
    not_valid_after: string | null;
    error: { code: string; message: string } | null;
}

export interface Rrset {
    name: string;
    type: string;
    ttl: number | null;
    labels: Labels;
    records: { value: string; comment: string | null }[];
    protection: { change: boolean };
}

export interface Zone {
    id: number;
    name: string;
    labels: Labels;
    created: string;
    ttl: number;
    protection: { delete: boolean };
    rrsets: Rrset[];
}

/** Who issues the lab's managed certificates, PEM. */
export interface Authority {
    certificate: string;
    key: string;
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
    networks: Network[];
    loadBalancers: LoadBalancer[];
    certificates: Certificate[];
    zones: Zone[];
    actions: Action[];
    /** Made with the first certificate. */
    authority: Authority | null;
}

export function emptyState(subnet: number): State {
    const lists = { sshKeys: [], firewalls: [], servers: [], actions: [] };
    const balancing = { networks: [], loadBalancers: [], certificates: [], zones: [] };
    return { subnet, nextId: 1, ...lists, ...balancing, authority: null };
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
    const state = JSON.parse(readFileSync(path, "utf8")) as State;
    // One that an older checkout has written lacks what came later.
    return { ...emptyState(state.subnet), ...state };
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
