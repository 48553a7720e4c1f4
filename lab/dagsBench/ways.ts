import { cronWay, lsyncdWay } from "./csync2Ways.ts";
import { gitWay } from "./gitWay.ts";
import { ours } from "./ours.ts";
import { syncthingWay } from "./syncthingWay.ts";
import type { Way } from "./way.ts";

const others = [cronWay, lsyncdWay, syncthingWay, gitWay];

/** In the order of the table. */
export const wayNames = ["ours", ...others.map(({ name }) => name)];

/** What is measured: the stack's own way and the others. */
export function allWays(): Way[] {
    return [ours(), ...others];
}
