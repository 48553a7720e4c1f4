import { given } from "../given";
import { problem, type Problem } from "../problems";

/** How each node's HAProxy finds out from Patroni who the primary is; the names are HAProxy's. */
export interface HealthChecks {
    /** Milliseconds between two checks, from 50. @default 250 */
    inter?: number;
    /** Milliseconds between two while the answer changes, from 50. @default 100 */
    fastinter?: number;
    /** Answers in a row, from 1, that make a node the primary: only the holder of the leader key gives them. @default 1 */
    rise?: number;
    /** Failures in a row, from 1, that end an old primary's sessions; with 1, a single slow answer does. @default 2 */
    fall?: number;
}

/** How soon a lost primary is replaced, and how soon clients are led to the next one. */
export interface FailoverArgs {
    /**
     * Seconds after which a primary that does not renew its lease has lost its leadership: at least 20 (Patroni's limit) and
     * at least loopWait + 2 × retryTimeout.
     * @default 20
     */
    ttl?: number;
    /** Seconds between two looks of Patroni at its node, from 1. @default 5 */
    loopWait?: number;
    /** Seconds for which etcd and PostgreSQL are asked again before the primary steps down, from 3. @default 5 */
    retryTimeout?: number;
    /**
     * Whether a primary whose machine is gone is replaced sooner than its lease runs out: once all other nodes miss it
     * and have fenced it off. Without guards, or where one of the others is missing too, a lost machine costs up to ttl + loopWait.
     * @default true if etcd's members are on these nodes only: from others, the fence would not keep the primary away
     */
    guard?: boolean;
    /** Seconds of silence after which a guard misses the primary, 2 to 10. @default 3 */
    suspectAfter?: number;
    /** How clients are led to the primary. */
    checks?: HealthChecks;
}

/** The same with the defaults. */
export type Failover = Required<Omit<FailoverArgs, "checks">> & { checks: Required<HealthChecks> };

const defaults: Failover = {
    // The shortest lease that Patroni takes; shorter loops would give up on a primary in a short election of etcd's.
    ttl: 20,
    loopWait: 5,
    retryTimeout: 5,
    guard: true,
    // Two lost pings are no dead machine.
    suspectAfter: 3,
    checks: { inter: 250, fastinter: 100, rise: 1, fall: 2 },
};

export function failoverOf({ checks, ...args }: FailoverArgs = {}): Failover {
    return { ...defaults, ...given(args), checks: { ...defaults.checks, ...given(checks) } };
}

/** Does a fence between the nodes keep one of them away from etcd, too? */
export function canFence(nodes: { meshAddress: string }[], etcd: { endpoints: string[] }): boolean {
    const addresses = nodes.map(({ meshAddress }) => meshAddress);
    return etcd.endpoints.every((url) => addresses.includes(new URL(url).hostname));
}

/** Seconds for which clients may be without a primary: the guards may have to leave it to the lease. */
export function outageOf({ ttl, loopWait }: Failover): number {
    return ttl + loopWait + election;
}

/** Seconds for the promotion, and until every HAProxy has seen it. */
const election = 5;

/** What is wrong with it; each line names the key below `failover`. */
export function failoverProblems(args: FailoverArgs = {}): Problem[] {
    const { checks, ...failover } = failoverOf(args);
    const all = { ...failover, ...prefixed("checks.", checks) };
    const problems = Object.entries(all).flatMap(([key, value]) => {
        const allowed = rules[key];
        if (allowed === undefined) {
            const known = Object.keys(rules).join(", ");
            return [`failover.${key}: there is no such setting; there are ${known}`];
        }
        return allowed.takes(value) ? [] : [problem(`failover.${key}`, value, allowed.text)];
    });
    return problems.length > 0 ? problems : leaseProblems(failover);
}

interface Rule {
    takes: (value: unknown) => boolean;
    text: string;
}

function whole(least: number, unit: string, most = 3_600_000): Rule {
    const takes = (value: unknown) =>
        Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
    return { takes, text: `allowed are whole ${unit} from ${least}` };
}

/** Patroni does not refuse what breaks its rules: it changes the values by itself. */
const rules: Record<string, Rule> = {
    ttl: whole(20, "seconds"),
    loopWait: whole(1, "seconds"),
    retryTimeout: whole(3, "seconds"),
    guard: { takes: (value) => typeof value === "boolean", text: "allowed are true and false" },
    // Sooner, a single look would do; later, the lease is as soon.
    suspectAfter: {
        takes: (value) => typeof value === "number" && value >= 2 && value <= 10,
        text: "allowed are 2 to 10 s",
    },
    "checks.inter": whole(50, "milliseconds"),
    "checks.fastinter": whole(50, "milliseconds"),
    "checks.rise": whole(1, "numbers"),
    "checks.fall": whole(1, "numbers"),
};

function leaseProblems({ ttl, loopWait, retryTimeout }: Omit<Failover, "checks">): Problem[] {
    const least = loopWait + 2 * retryTimeout;
    const text = `allowed are at least ${least} s (loopWait + 2 × retryTimeout)`;
    return ttl >= least ? [] : [problem("failover.ttl", ttl, text)];
}

function prefixed(prefix: string, values: object): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [prefix + key, value as unknown]),
    );
}
