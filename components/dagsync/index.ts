export type { Csync2Args, DagSyncArgs, GitArgs, GitUpstream, SharedArgs } from "./args";
export type { DagBundle } from "./bundle";
export { DagSync } from "./dagsync";
export { dagSyncProblems, type DagSyncSettings } from "./validate";
