import { configured } from "../helpers/config";
import {
    eventually,
    lab,
    labName,
    meshAddresses,
    nodes,
    on,
    onAll,
    run,
    tryOn,
    type Node,
} from "../helpers/lab";
import { outputs } from "../helpers/outputs";
import { leader, startWriters, stopWriters, whole } from "../helpers/writers";

jest.setTimeout(15 * 60_000);

/** A fault of the primary, and how it ends. */
interface Case {
    title: string;
    strike: (primary: Node, others: Node[]) => Promise<unknown>;
    /** Seconds between the two. */
    lasts: number;
    heal: (primary: Node, others: Node[]) => Promise<unknown>;
    /** What the journal of the first of the others' guards says of it, or its end. */
    says?: RegExp;
    /** Whether the guards end the primary's leadership. Where neither would be wrong, it is not said. */
    guards?: "act" | "rest";
    /** Whether there may be the same primary at the end. */
    stays?: boolean;
}

/** Of WireGuard's packets in one direction those that fit are dropped; SSH stays. */
function dropping(
    direction: "input" | "output",
    those: (others: Node[]) => string = () => "",
): Pick<Case, "strike" | "heal"> {
    const port = direction === "input" ? "dport" : "sport";
    return {
        strike: (primary, others) =>
            on(
                primary,
                `nft 'table inet lab_oneway { chain way { type filter hook ${direction} priority -300; udp ${port} 51820 ${those(others)} drop; }; }'`,
            ),
        heal: (primary) => on(primary, "nft delete table inet lab_oneway"),
    };
}

/** What the first of the others sends. */
const fromFirst = ([other]: Node[]) => `ip saddr ${publicAddresses[other]}`;

/** Patroni and all of PostgreSQL stand still; the machine itself answers. */
const signal = (name: string) => (primary: Node) =>
    on(primary, `systemctl kill --signal=${name} patroni`);

/** The whole machine stands still, as a virtual machine that is suspended; or goes on. */
const freeze = (state: 0 | 1) => async (primary: Node) => {
    const { code, stderr } = await run("bash", [
        "-euc",
        `for group in "$(findmnt -nrt cgroup2 -o TARGET | head -n 1)/airflow-ha-lab/${labName}"/*/; do
            [[ $(tr '\\0' ' ' <"/proc/$(head -n 1 "$group/supervisor/cgroup.procs")/cmdline") == *"--hostname=${primary} "* ]] || continue
            echo ${state} >"$group/cgroup.freeze"
            exit
        done
        exit 1`,
    ]);
    expect([code, stderr]).toEqual([0, ""]);
};

async function moveEtcdLeader(to: Node): Promise<void> {
    await on(
        to,
        `id=$(etcdctl member list | awk -F', ' '$3 == "${to}" { print $1 }')
        leader=$(etcdctl endpoint status --cluster --write-out=json | jq -r '.[] | select(.Status.leader == .Status.header.member_id).Endpoint')
        etcdctl --endpoints "$leader" move-leader "$id" || true
        etcdctl endpoint status --cluster --write-out=json |
            jq --exit-status 'any(.Endpoint == "http://${meshAddresses[to]}:2379" and .Status.leader == .Status.header.member_id)'`,
    );
}

const killGuard = (node: Node) => tryOn(node, "systemctl kill --signal=KILL patroni-failover");
/** Its set has another type than the guard adds to: the guard can claim, and not fence. */
const withoutFence = (node: Node) =>
    on(
        node,
        `nft 'delete table inet airflow_ha_failover; table inet airflow_ha_failover {}; add set inet airflow_ha_failover fenced { type inet_service; flags timeout; }'`,
    );
const withFence = (node: Node) =>
    on(node, "nft delete table inet airflow_ha_failover; systemctl restart patroni-failover");
const isFenced = "nft list set inet airflow_ha_failover fenced | grep --quiet elements";
const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));

const cases: Case[] = [
    {
        title: "its machine is dead, and etcd's leader was on it",
        strike: async (primary) => {
            await moveEtcdLeader(primary);
            await lab(["stop", primary]);
        },
        lasts: 15,
        heal: (primary) => lab(["start", primary]),
        guards: "act",
    },
    {
        title: "it is cut off, and etcd's leader was on it",
        strike: async (primary) => {
            await moveEtcdLeader(primary);
            await lab(["cut", primary]);
        },
        lasts: 15,
        heal: (primary) => lab(["heal", primary]),
        guards: "act",
    },
    {
        title: "its machine is suspended, and goes on before its lease is over",
        strike: freeze(1),
        lasts: 10,
        heal: freeze(0),
        guards: "act",
    },
    {
        title: "its machine is suspended for longer than lease and fence",
        strike: freeze(1),
        lasts: 45,
        heal: freeze(0),
        guards: "act",
    },
    { title: "it hears nobody", lasts: 15, ...dropping("input"), guards: "act" },
    { title: "nobody hears it", lasts: 15, ...dropping("output"), guards: "act" },
    {
        title: "one survivor only cannot reach it",
        lasts: 20,
        ...dropping("input", fromFirst),
        says: /is silent/,
        guards: "rest",
        stays: true,
    },
    {
        title: "it is slow: of what comes to it, four of ten packets are lost",
        lasts: 20,
        ...dropping("input", () => "numgen random mod 10 < 4"),
        guards: "rest",
        stays: true,
    },
    {
        title: "PostgreSQL and Patroni stand still for longer than the lease",
        strike: signal("STOP"),
        lasts: 40,
        heal: signal("CONT"),
        guards: "rest",
    },
    {
        title: "it is cut off while a guard is killed again and again",
        strike: async (primary, [other]) => {
            await lab(["cut", primary]);
            for (let kills = 0; kills < 12; kills++) {
                await killGuard(other);
                await seconds(0.4);
            }
        },
        lasts: 25,
        heal: (primary) => lab(["heal", primary]),
    },
    {
        title: "it is cut off, and a guard dies as soon as its fence stands",
        strike: async (primary, [other, third]) => {
            await withoutFence(third);
            await lab(["cut", primary]);
            await eventually("the fence", () => on(other, isFenced));
            await killGuard(other);
        },
        lasts: 35,
        heal: async (primary, [, third]) => {
            await withFence(third);
            await lab(["heal", primary]);
        },
        // The new guard takes its own fence's refusals for signs of life: it rests until the fence is over.
        guards: "rest",
    },
    {
        title: "it is cut off, and a survivor cannot raise its fence",
        strike: async (primary, [other, third]) => {
            await withoutFence(other);
            await lab(["cut", primary]);
            await eventually("the other's fence", () => on(third, isFenced));
        },
        lasts: 35,
        heal: async (primary, [other]) => {
            await withFence(other);
            await lab(["heal", primary]);
        },
        says: /^nft: /m,
        guards: "rest",
    },
    {
        title: "it is cut off while the guard of a survivor is gone",
        strike: async (primary, [other]) => {
            await on(other, "systemctl stop patroni-failover");
            await lab(["cut", primary]);
        },
        lasts: 30,
        heal: async (primary, [other]) => {
            await on(other, "systemctl start patroni-failover");
            await lab(["heal", primary]);
        },
        guards: "rest",
    },
];

/** The guards' own words since then. */
function guardsSince(time: number): Promise<Record<Node, string>> {
    return onAll(`journalctl --unit patroni-failover --since @${Math.floor(time)} --output cat`);
}

let publicAddresses: Record<string, string>;

beforeAll(async () => {
    const { nodes: machines } = await outputs();
    publicAddresses = Object.fromEntries(
        machines.map(({ name, publicAddress }) => [name, publicAddress]),
    );
    await lab([
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        ...configured({ failover: { guard: true } }),
    ]);
});

test.each(cases)(
    "nothing is lost, and there are never two primaries, when $title",
    async (each) => {
        const { credentials } = await outputs();
        await whole();
        await startWriters(credentials.postgres.password);
        const primary = await leader();
        const others = nodes.filter((node) => node !== primary);
        const began = Date.now() / 1000;
        try {
            await each.strike(primary, others);
            await seconds(each.lasts);
        } finally {
            await each.heal(primary, others);
        }
        await whole();
        const outcome = await stopWriters(primary, meshAddresses[primary]);
        console.log(`${each.title}: ${JSON.stringify(outcome)}`);
        expect(outcome).toMatchObject({ lost: [], twoPrimaries: 0 });
        const said = await guardsSince(began);
        if (each.guards) {
            const acted = Object.values(said).join("").includes("its leader key is deleted");
            expect(acted ? "act" : "rest").toBe(each.guards);
        }
        if (each.says) {
            expect(said[others[0]]).toMatch(each.says);
        }
        if (!each.stays) {
            expect(await leader()).not.toBe(primary);
        }
        // Without them it takes the lease's 20 s and more, less what had gone by of its last loop.
        if (each.guards === "act") {
            expect(outcome.gap).toBeLessThan(12);
        }
    },
);
