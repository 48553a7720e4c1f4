export type { Database, DatabaseArgs } from "./database";
export type { FailoverArgs, HealthChecks } from "./failover";
export { PatroniPostgres, type PatroniPostgresArgs } from "./patroni";
