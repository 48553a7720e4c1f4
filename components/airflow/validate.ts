import { httpsPortProblems } from "../machines/validatePorts";
import { problem, type Problem } from "../problems";

/** The part of AirflowNode's arguments that people set. */
export interface AirflowSettings {
    workerConcurrency: number;
    defaultTaskRetries: number;
    apiWorkers: number;
    parsingProcesses: number;
    workerStopTimeout: number;
    httpsPort: number;
}

/** The part of AirflowNode's arguments that says where it is, and where there is what it stands on. */
export interface AirflowPlaces {
    node: Named;
    nodes: Named[];
    /** Every node, if it names none. */
    database: { nodes?: string[] };
    broker: { hosts: Named[] };
    dags: { nodes: string[] };
}

interface Named {
    name: string;
}

export const defaults: AirflowSettings = {
    workerConcurrency: 8,
    defaultTaskRetries: 1,
    apiWorkers: 1,
    parsingProcesses: 1,
    workerStopTimeout: 600,
    httpsPort: 443,
};

/** Least, most, and what is said to a value that is not between them. */
const limits: Record<Exclude<keyof AirflowSettings, "httpsPort">, [number, number, string]> = {
    workerConcurrency: [1, 256, "allowed are 1 to 256 tasks at once"],
    defaultTaskRetries: [0, 100, "allowed are 0 to 100 retries"],
    apiWorkers: [1, 16, "allowed are 1 to 16 processes"],
    parsingProcesses: [1, 32, "allowed are 1 to 32 processes"],
    workerStopTimeout: [10, 86_400, "allowed are 10 to 86400 seconds"],
};

export function airflowProblems(settings: Partial<AirflowSettings>): Problem[] {
    const keys = Object.keys(limits) as (keyof typeof limits)[];
    const problems = keys.flatMap((key) => {
        const value = settings[key] ?? defaults[key];
        const [least, most, allowed] = limits[key];
        const valid = Number.isInteger(value) && value >= least && value <= most;
        return valid ? [] : [problem(key, value, allowed)];
    });
    return [...problems, ...httpsPortProblems(settings.httpsPort ?? defaults.httpsPort)];
}

/** Airflow talks to its own node's HAProxy and RabbitMQ, and reads its own node's DAGs: without them it would wait for ever. */
export function placeProblems({ node, nodes, database, broker, dags }: AirflowPlaces): Problem[] {
    const { name } = node;
    const all = namesOf(nodes);
    const missingOn = (what: string, names = [name]) =>
        names.includes(name)
            ? []
            : [problem("node", name, `allowed are the nodes of ${what}: ${names.join(", ")}`)];
    return [
        ...missingOn("database", database.nodes),
        ...missingOn("broker", namesOf(broker.hosts)),
        ...missingOn("dags", dags.nodes),
        ...(all.includes(name) ? [] : [problem("nodes", all, `"${name}" has to be among them`)]),
    ];
}

function namesOf(nodes: Named[]): string[] {
    return nodes.map((node) => node.name);
}
