/** What one part of the cluster says of itself on one node. */
export interface Check {
    name: string;
    healthy: boolean;
    detail: string;
}

export interface NodeStatus {
    name: string;
    location: string;
    publicAddress: string;
    meshAddress: string;
    power: "on" | "off";
    /** Off the network by `lab -- cut`. */
    cut: boolean;
    checks: Check[];
}

/** One for each node that does not answer and each check that is bad. */
export function problems(nodes: NodeStatus[]): string[] {
    return nodes.flatMap(({ name, power, cut, checks }) =>
        checks.length === 0
            ? [`${name} is ${cut ? "cut off" : `powered ${power}`}`]
            : checks
                  .filter(({ healthy }) => !healthy)
                  .map(({ name: part, detail }) => `${name} ${part}: ${detail}`),
    );
}
