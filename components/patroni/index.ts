export type { Database } from "./database";
export { PatroniPostgres, type PatroniPostgresArgs } from "./patroni";
