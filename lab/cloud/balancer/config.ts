import type { BalancerService } from "../store.ts";

/** What a load balancer's process is told. */
export interface BalancerConfig {
    services: (BalancerService & { certificates: { certificate: string; key: string }[] })[];
    targets: { server: number; address: string }[];
}

/** What it tells: `healthy`, `unhealthy` or `unknown`, by port and server. */
export type Health = Record<string, string>;

export function healthKey(port: number, server: number): string {
    return `${port} ${server}`;
}
