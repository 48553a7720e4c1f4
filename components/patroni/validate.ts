import { problem, type Problem } from "../problems";
import type { DatabaseArgs } from "./database";
import { parameterProblems } from "./parameters";
import type { Lease, OwnedDatabase } from "./render";

/** The plain part of PatroniPostgres' arguments. */
export interface PostgresSettings {
    nodes: unknown[];
    databases: DatabaseArgs[];
    parameters?: Record<string, string>;
    ttl?: number;
    loopWait?: number;
    retryTimeout?: number;
    fastFailover?: boolean | { suspectAfter: number };
}

/** Seconds: two lost pings are no dead machine. */
export const defaultSuspectAfter = 3;

/** Seconds of silence after which the others suspect a primary; undefined where they are not to. */
export function suspectAfterOf({ fastFailover = false }: PostgresSettings): number | undefined {
    if (typeof fastFailover === "boolean") {
        return fastFailover ? defaultSuspectAfter : undefined;
    }
    return fastFailover.suspectAfter;
}

/** Seconds, with the defaults: the shortest lease that Patroni allows. */
export function leaseOf(settings: PostgresSettings): Lease {
    const { ttl = 20, loopWait = 5, retryTimeout = 5 } = settings;
    return { ttl, loopWait, retryTimeout };
}

export function databasesOf(settings: PostgresSettings): OwnedDatabase[] {
    return settings.databases.map(({ name, owner = name }) => ({ name, owner }));
}

export function postgresProblems(settings: PostgresSettings): Problem[] {
    return [
        ...nodeProblems(settings.nodes),
        ...leaseProblems(leaseOf(settings)),
        ...suspicionProblems(suspectAfterOf(settings)),
        ...databaseProblems(databasesOf(settings)),
        ...parameterProblems(settings.parameters ?? {}),
    ];
}

function nodeProblems(nodes: PostgresSettings["nodes"]): Problem[] {
    return nodes.length >= 2
        ? []
        : [problem("nodes", nodes.length, "a primary needs a replica: from 2 nodes")];
}

/** Patroni does not refuse what breaks these rules: it changes the values by itself. */
function leaseProblems(lease: Lease): Problem[] {
    const limits = { ttl: 20, loopWait: 1, retryTimeout: 3 } as const;
    const keys = ["ttl", "loopWait", "retryTimeout"] as const;
    const problems = keys
        .filter((key) => !Number.isInteger(lease[key]) || lease[key] < limits[key])
        .map((key) => problem(key, lease[key], `allowed are whole seconds from ${limits[key]}`));
    const least = lease.loopWait + 2 * lease.retryTimeout;
    return problems.length > 0 || lease.ttl >= least
        ? problems
        : [
              problem(
                  "ttl",
                  lease.ttl,
                  `allowed are at least ${least} s (loopWait + 2 × retryTimeout)`,
              ),
          ];
}

/** Sooner, a lost packet would do; later, the lease is as soon. */
function suspicionProblems(suspectAfter: number | undefined): Problem[] {
    const allowed = suspectAfter === undefined || (suspectAfter >= 1 && suspectAfter <= 10);
    return allowed
        ? []
        : [problem("fastFailover.suspectAfter", suspectAfter, "allowed are 1 to 10 s")];
}

function databaseProblems(databases: OwnedDatabase[]): Problem[] {
    return [
        ...databases.flatMap(({ name, owner }, at) => [
            ...nameProblems(`databases[${at}].name`, name, databaseNamesTaken),
            ...nameProblems(`databases[${at}].owner`, owner, rolesTaken),
        ]),
        ...repeated("name", databases),
        ...repeated("owner", databases),
    ];
}

/** PostgreSQL's own, and those of resources of PatroniPostgres beside its databases'. */
const databaseNamesTaken =
    /^(postgres|template[01]|replication|all|sameuser|samerole|settings|pgpass|superuser|rewind|restapi)$/;
const rolesTaken = /^(postgres|replicator|rewind|all|none|public|pg_.*)$/;

function nameProblems(argument: string, name: string, taken: RegExp): Problem[] {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
        return [problem(argument, name, "allowed are 1 to 63 of a-z, 0-9 and _, no digit first")];
    }
    return taken.test(name) ? [problem(argument, name, "the system uses this name itself")] : [];
}

function repeated(key: "name" | "owner", databases: OwnedDatabase[]): Problem[] {
    const names = databases.map((database) => database[key]);
    return names.flatMap((name, at) =>
        names.indexOf(name) < at
            ? [problem(`databases[${at}].${key}`, name, "another database has the same")]
            : [],
    );
}
