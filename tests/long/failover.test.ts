import { configured } from "../helpers/config";
import { lab, labName, meshAddresses, nodes, on, run, tryOn, type Node } from "../helpers/lab";
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
}

/** WireGuard's packets in one direction; SSH stays. */
function oneWay(direction: "input" | "output"): Pick<Case, "strike" | "heal"> {
    const port = direction === "input" ? "dport" : "sport";
    return {
        strike: (primary) =>
            on(
                primary,
                `nft 'table inet lab_oneway { chain way { type filter hook ${direction} priority -300; udp ${port} 51820 drop; }; }'`,
            ),
        heal: (primary) => on(primary, "nft delete table inet lab_oneway"),
    };
}

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
    },
    {
        title: "it is cut off, and etcd's leader was on it",
        strike: async (primary) => {
            await moveEtcdLeader(primary);
            await lab(["cut", primary]);
        },
        lasts: 15,
        heal: (primary) => lab(["heal", primary]),
    },
    {
        title: "its machine is suspended, and goes on before its lease is over",
        strike: freeze(1),
        lasts: 10,
        heal: freeze(0),
    },
    {
        title: "its machine is suspended for longer than lease and fence",
        strike: freeze(1),
        lasts: 45,
        heal: freeze(0),
    },
    { title: "it hears nobody", lasts: 15, ...oneWay("input") },
    { title: "nobody hears it", lasts: 15, ...oneWay("output") },
    {
        title: "PostgreSQL and Patroni stand still for longer than the lease",
        strike: signal("STOP"),
        lasts: 40,
        heal: signal("CONT"),
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
    },
];

beforeAll(async () => {
    await lab([
        "pulumi",
        "up",
        "--yes",
        "--skip-preview",
        ...configured({ failover: { guard: true } }),
    ]);
});

test.each(cases)("the primary is replaced and nothing is lost when $title", async (each) => {
    const { credentials } = await outputs();
    await whole();
    await startWriters(credentials.postgres.password);
    const primary = await leader();
    const others = nodes.filter((node) => node !== primary);
    try {
        await each.strike(primary, others);
        await seconds(each.lasts);
    } finally {
        await each.heal(primary, others);
    }
    await whole();
    const outcome = await stopWriters(primary, meshAddresses[primary]);
    console.log(`${each.title}: ${JSON.stringify(outcome)}`);
    expect(await leader()).not.toBe(primary);
    expect(outcome).toMatchObject({ lost: [], twoPrimaries: 0 });
});
