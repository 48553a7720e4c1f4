import { cronWay, lsyncdWay } from "./csync2Ways.ts";
import { gitWay } from "./gitWay.ts";
import { ours } from "./ours.ts";
import { syncthingWay } from "./syncthingWay.ts";
import type { Way } from "./way.ts";

const others = [cronWay, lsyncdWay, syncthingWay, gitWay];

/** In the order of the table. */
export const wayNames = ["ours", ...others.map(({ name }) => name)];

/** The stack's own way, where it is one that can be measured, and the others. */
export function allWays(): Way[] {
    const own = ours();
    return own === undefined ? others : [own, ...others];
}

/** Those of these names. */
export function chosenWays(names: string[]): Way[] {
    const chosen = allWays().filter(({ name }) => names.includes(name));
    if (names.includes("ours") && !chosen.some(({ name }) => name === "ours")) {
        throw new Error(
            `of the stack's kinds of DAG folders csync2 and git are measured, not the one that it has: --ways ${others.map(({ name }) => name).join(",")}`,
        );
    }
    return chosen;
}
