import { problem, type Problem } from "../problems";
import type { Timing } from "./render";

/** The plain part of EtcdCluster's arguments. */
export interface EtcdSettings {
    /** The members' names. */
    nodes: string[];
    heartbeatInterval?: number;
    electionTimeout?: number;
    snapshotsKept?: number;
}

/** Two days. */
export const defaultSnapshotsKept = 48;
const maxSnapshotsKept = 1000;

/** Milliseconds, with the defaults, which are right for round trips up to 100 ms (all of Europe). */
export function timingOf(
    settings: Pick<EtcdSettings, "heartbeatInterval" | "electionTimeout">,
): Timing {
    const { heartbeatInterval = 100, electionTimeout = 1000 } = settings;
    return { heartbeatInterval, electionTimeout };
}

const sizes = [3, 5, 7];
/** The limits are etcd's own: it does not start with others. */
const maxElectionTimeout = 50_000;
const minTicksPerElection = 5;

export function etcdProblems(settings: EtcdSettings): Problem[] {
    return [
        ...sizeProblems(settings.nodes.length),
        ...timingProblems(timingOf(settings)),
        ...snapshotProblems(settings.snapshotsKept ?? defaultSnapshotsKept),
    ];
}

function sizeProblems(count: number): Problem[] {
    const allowed =
        "etcd decides by majority: allowed are 3, 5 or 7 nodes (one survives no fault, " +
        "and an even count survives no more faults than one node fewer)";
    return sizes.includes(count) ? [] : [problem("nodes", count, allowed)];
}

function timingProblems({ heartbeatInterval, electionTimeout }: Timing): Problem[] {
    if (!Number.isInteger(heartbeatInterval) || heartbeatInterval < 1) {
        return [
            problem(
                "heartbeatInterval",
                heartbeatInterval,
                "allowed are whole milliseconds from 1",
            ),
        ];
    }
    const least = minTicksPerElection * heartbeatInterval;
    if (
        !Number.isInteger(electionTimeout) ||
        electionTimeout < least ||
        electionTimeout > maxElectionTimeout
    ) {
        const allowed =
            `allowed are whole milliseconds from ${least} (${minTicksPerElection} × heartbeatInterval) ` +
            `to ${maxElectionTimeout}`;
        return [problem("electionTimeout", electionTimeout, allowed)];
    }
    return [];
}

function snapshotProblems(kept: number): Problem[] {
    const valid = Number.isInteger(kept) && kept >= 1 && kept <= maxSnapshotsKept;
    const allowed = `allowed are whole numbers from 1 to ${maxSnapshotsKept}`;
    return valid ? [] : [problem("snapshotsKept", kept, allowed)];
}
