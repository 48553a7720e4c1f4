import { cronWay, lsyncdWay } from "./csync2Ways.ts";
import { ourCsync2 } from "./ourCsync2.ts";
import { ourGit } from "./ourGit.ts";
import { pullWay } from "./pullWay.ts";
import { syncthingWay } from "./syncthingWay.ts";
import type { Way } from "./way.ts";

/** In the order of the table: both of the stack's kinds that bring DAGs, and others. */
export const allWays: Way[] = [ourCsync2(), ourGit, cronWay, lsyncdWay, syncthingWay, pullWay];

/** Those of these names. */
export function chosenWays(names: string[]): Way[] {
    return allWays.filter(({ name }) => names.includes(name));
}
