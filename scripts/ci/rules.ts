import type { Change, Operation } from "./changes.ts";
import { restartingParameters } from "./postgresParameters.ts";
import { fileOf, isFile, isScript, variables } from "./remote.ts";
import { hidden } from "./secrets.ts";

/**
 * A change that a reviewer has to know of. Those of its conditions that are there must all be met; the first rule that
 * fits a change is taken.
 */
interface Rule {
    operations: Operation[];
    /** The type of the component that the resource belongs to or is. */
    component?: string;
    /** Of the resource. */
    type?: string;
    /** Of the resource. */
    name?: RegExp;
    /** What happens, as it follows on the resource's name; undefined where it is nothing to warn of. */
    warns: (change: Change, all: Change[]) => string | undefined;
}

const goes: Operation[] = ["replace", "delete"];
const runs: Operation[] = ["update", "replace"];
const password = "random:index/randomPassword:RandomPassword";

/** What a reviewer is warned of. Nothing warns of a resource that is new: a member that is not there loses nothing. */
const rules: Rule[] = [
    {
        operations: goes,
        type: "hcloud:index/server:Server",
        warns: ({ operation }) =>
            `the machine goes with its disk${operation === "replace" ? " and is made anew" : ""}: ` +
            "etcd, PostgreSQL and RabbitMQ lose a member. One machine at a time",
    },
    {
        operations: goes,
        component: "HetznerLoadBalancer",
        type: "hcloud:index/loadBalancer:LoadBalancer",
        warns: () => "the name of the web UI leads nowhere until its record points elsewhere",
    },
    ...stateful("EtcdCluster", "etcd"),
    ...stateful("PatroniPostgres", "PostgreSQL"),
    ...stateful("RabbitCluster", "RabbitMQ"),
    {
        operations: runs,
        component: "EtcdCluster",
        name: /-start$/,
        warns: () => "the etcd member restarts if its settings changed, one member after the other",
    },
    {
        operations: runs,
        component: "PatroniPostgres",
        name: /-start$/,
        warns: () => "Patroni reads its files again; PostgreSQL itself goes on",
    },
    {
        operations: runs,
        component: "PatroniPostgres",
        name: /-settings$/,
        warns: restartOfPostgres,
    },
    {
        operations: runs,
        component: "RabbitCluster",
        name: /-apply$/,
        warns: () => "RabbitMQ restarts if its settings changed, one node after the other",
    },
    {
        operations: runs,
        component: "AirflowNode",
        warns: restartOfAirflow,
    },
    {
        operations: goes,
        component: "RabbitCluster",
        type: password,
        name: /-cookie$/,
        warns: () => "with another Erlang cookie no RabbitMQ node talks to the others: do not",
    },
    {
        operations: goes,
        component: "AirflowSecrets",
        type: password,
        name: /-fernet-key$/,
        warns: () => "what Airflow has encrypted with the old Fernet key cannot be read any more",
    },
];

/** One line for each change that a rule fits, in the order of the changes. */
export function warningsOf(changes: Change[]): { change: Change; warning: string }[] {
    return changes.flatMap((change) => {
        const warning = rules.find((rule) => fits(rule, change))?.warns(change, changes);
        return warning === undefined ? [] : [{ change, warning }];
    });
}

function fits({ operations, component, type, name }: Rule, change: Change): boolean {
    return (
        operations.includes(change.operation) &&
        (component === undefined || component === change.component.type) &&
        (type === undefined || type === change.type) &&
        (name === undefined || name.test(change.name))
    );
}

/** The component itself, or what starts it on one node. */
function stateful(component: string, what: string): Rule[] {
    return [
        {
            operations: goes,
            component,
            type: `airflow-ha:index:${component}`,
            warns: () => `all of ${what} goes`,
        },
        {
            operations: ["delete"],
            component,
            name: /-start$/,
            warns: () => `${what} loses this member`,
        },
    ];
}

function restartOfPostgres({ component }: Change, all: Change[]): string | undefined {
    const clusters = all.filter(
        (change) =>
            isFile(change) &&
            change.operation === "update" &&
            change.component.name === component.name &&
            /-cluster$/.test(change.name),
    );
    const sides = clusters.map(({ before, after }) => [fileOf(before), fileOf(after)] as const);
    if (sides.flat().some(({ text }) => text === undefined || text === hidden)) {
        return "PostgreSQL may restart: its settings are not known here";
    }
    const parameters = new Set(
        sides.flatMap(([old, current]) => restartingParameters(old, current)),
    );
    return parameters.size > 0
        ? `PostgreSQL restarts, replicas first, one node after the other, for ${[...parameters].join(", ")}`
        : undefined;
}

function restartOfAirflow(change: Change): string | undefined {
    const told = variables(change.after.create);
    if (!isScript(change) || told.get("RESTART") !== "yes") {
        return undefined;
    }
    const seconds = told.get("WORKER_STOP_TIMEOUT") ?? "?";
    return (
        "Airflow's units with changed files restart, one node after the other; " +
        `running tasks get ${seconds} s to end`
    );
}
