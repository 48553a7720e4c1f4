import type { LoadBalancer } from "../store.ts";

/** What makes networks and load balancers of the state true, as far as the API uses it. */
export interface Balance {
    apply(): Promise<void>;
    /** `healthy`, `unhealthy` or `unknown`. */
    health(balancer: LoadBalancer, port: number, server: number): string;
}
