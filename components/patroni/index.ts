export type { Database, DatabaseArgs } from "./database";
export { PatroniPostgres, type PatroniPostgresArgs } from "./patroni";
