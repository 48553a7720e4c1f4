import { problem, type Problem } from "../problems";

/** The plain part of RabbitCluster's arguments. */
export interface RabbitSettings {
    nodes: { name: string; meshAddress: string }[];
    vhosts: string[];
    consumerTimeout?: number;
}

/** Hours. */
export const defaultConsumerTimeout = 168;
export const managementUser = "admin";

const sizes = [3, 5, 7];
const maxConsumerTimeout = 1000;

export function rabbitProblems(settings: RabbitSettings): Problem[] {
    return [
        ...nodeProblems(settings.nodes),
        ...vhostProblems(settings.vhosts),
        ...timeoutProblems(settings.consumerTimeout ?? defaultConsumerTimeout),
    ];
}

function nodeProblems(nodes: RabbitSettings["nodes"]): Problem[] {
    const problems = duplicates(nodes.map((node) => node.name)).map((name) =>
        problem("nodes.name", name, "every node needs one of its own"),
    );
    if (!sizes.includes(nodes.length)) {
        const allowed = "quorum queues decide by majority: allowed are 3, 5 or 7 nodes";
        problems.unshift(problem("nodes", nodes.length, allowed));
    }
    return problems;
}

function vhostProblems(vhosts: string[]): Problem[] {
    const allowed =
        "a virtual host's name is 1 to 63 lower-case letters, digits, hyphens and underscores, " +
        `other than "${managementUser}" and "guest" (its user has the same name)`;
    return [
        ...(vhosts.length > 0 ? [] : [problem("vhosts", vhosts, "at least one is needed")]),
        ...vhosts
            .filter((name) => !/^[a-z0-9_-]{1,63}$/.test(name) || reserved.includes(name))
            .map((name) => problem("vhosts", name, allowed)),
        ...duplicates(vhosts).map((name) => problem("vhosts", name, "it is there twice")),
    ];
}

const reserved = [managementUser, "guest"];

function timeoutProblems(hours: number): Problem[] {
    const valid = Number.isInteger(hours) && hours >= 1 && hours <= maxConsumerTimeout;
    const allowed = `allowed are whole hours from 1 to ${maxConsumerTimeout}`;
    return valid ? [] : [problem("consumerTimeout", hours, allowed)];
}

function duplicates(values: string[]): string[] {
    return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
