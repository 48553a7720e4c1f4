import type { EtcdCluster } from "../etcd";
import { problem, type Problem } from "../problems";
import { canFence, failoverOf, type Failover, type FailoverArgs } from "./failover";

/** The part of PatroniPostgres' arguments that says what it stands on. */
interface Beneath {
    nodes: { meshAddress: string }[];
    etcd: EtcdCluster;
    failover?: FailoverArgs;
}

/** Which PatroniPostgres keeps its state in which etcd. */
const owners = new WeakMap<EtcdCluster, string>();

export function claimEtcd(etcd: EtcdCluster, name: string): void {
    owners.set(etcd, name);
}

/** The failover's settings; guards are on where their fence reaches every member of etcd. */
export function failoverIn({ failover, nodes, etcd }: Beneath): Failover {
    return failoverOf({ guard: canFence(nodes, etcd), ...failover });
}

/** Patroni has the same scope for all: the members of a second one would join the first one's cluster. */
export function etcdProblems({ etcd, nodes, failover }: Beneath): Problem[] {
    const owner = owners.get(etcd);
    return [
        ...(owner === undefined
            ? []
            : [
                  `etcd: "${owner}" keeps its state in it; each PatroniPostgres needs an EtcdCluster of its own`,
              ]),
        ...(failover?.guard && !canFence(nodes, etcd)
            ? [
                  problem(
                      "failover.guard",
                      true,
                      "etcd has a member on none of the nodes; allowed is false",
                  ),
              ]
            : []),
    ];
}
