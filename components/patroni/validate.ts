import { problem, type Problem } from "../problems";
import type { DatabaseArgs } from "./database";
import { failoverProblems, type FailoverArgs } from "./failover";
import { parameterProblems } from "./parameters";
import type { OwnedDatabase } from "./render";

/** The plain part of PatroniPostgres' arguments. */
export interface PostgresSettings {
    nodes: unknown[];
    databases: DatabaseArgs[];
    parameters?: Record<string, string>;
    failover?: FailoverArgs;
}

export function databasesOf(settings: PostgresSettings): OwnedDatabase[] {
    return settings.databases.map(({ name, owner = name }) => ({ name, owner }));
}

export function postgresProblems(settings: PostgresSettings): Problem[] {
    return [
        ...nodeProblems(settings.nodes),
        ...failoverProblems(settings.failover),
        ...databaseProblems(databasesOf(settings)),
        ...parameterProblems(settings.parameters ?? {}),
    ];
}

function nodeProblems(nodes: PostgresSettings["nodes"]): Problem[] {
    return nodes.length >= 2
        ? []
        : [problem("nodes", nodes.length, "a primary needs a replica: from 2 nodes")];
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
