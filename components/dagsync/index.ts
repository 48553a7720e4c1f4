export { DagSync, type DagSyncArgs } from "./dagsync";
export { dagSyncProblems, type DagSyncSettings } from "./validate";
