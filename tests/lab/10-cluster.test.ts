import { workingProcessors } from "../helpers/dagProcessor";
import { eventually, lab, meshAddresses, nodes, on, onAll, type Node } from "../helpers/lab";
import { outputs, type Outputs } from "../helpers/outputs";

jest.setTimeout(10 * 60_000);

let stack: Outputs;

beforeAll(async () => {
    stack = await outputs();
});

test("status names every node and says that all is healthy", async () => {
    const status = JSON.parse(await lab(["status", "--json"])) as { nodes: object[] };
    expect(status.nodes).toEqual(
        nodes.map(
            (name, index) =>
                expect.objectContaining({
                    name,
                    location: ["nbg1", "fsn1", "hel1"][index],
                    publicAddress: stack.nodes[index].publicAddress,
                    meshAddress: meshAddresses[name],
                    power: "on",
                }) as object,
        ),
    );
});

describe("WireGuard", () => {
    test("each pair has a fresh handshake and a preshared key of its own", async () => {
        const dumps = await onAll("wg show wg0 dump | tail -n +2; date +%s");
        const keys = new Set<string>();
        for (const node of nodes) {
            const lines = dumps[node].trim().split("\n");
            const now = Number(lines.pop());
            const peers = lines.map((line) => line.split("\t"));
            expect(peers).toHaveLength(2);
            for (const [, presharedKey, , allowedIps, handshake] of peers) {
                expect(Object.values(meshAddresses).map((each) => `${each}/32`)).toContain(
                    allowedIps,
                );
                expect(now - Number(handshake)).toBeLessThan(180);
                keys.add(presharedKey);
            }
        }
        expect(keys.has("(none)")).toBe(false);
        expect(keys.size).toBe(3);
    });

    test("nodes know each other by name", async () => {
        const answers = await onAll(
            nodes
                .map((name) => `ping -c1 -W5 ${name} >/dev/null && getent hosts ${name}`)
                .join("\n"),
        );
        for (const node of nodes) {
            expect(answers[node].match(/10\.90\.0\.\d/g)).toEqual(Object.values(meshAddresses));
        }
    });
});

describe("etcd", () => {
    test("three members, all healthy, seen from each node", async () => {
        const answers = await onAll("etcdctl endpoint health --cluster --write-out json");
        for (const node of nodes) {
            const members = JSON.parse(answers[node]) as { health: boolean }[];
            expect(members.map((member) => member.health)).toEqual([true, true, true]);
        }
    });
});

interface Member {
    Member: Node;
    Role: string;
    State: string;
}

async function members(): Promise<Member[]> {
    return JSON.parse(await on(nodes[0], "patronictl list --format json")) as Member[];
}

/** The mesh address of the server that a node's own HAProxy leads to. */
async function behind(node: Node, port: number): Promise<string> {
    const { user, password } = stack.credentials.postgres;
    const query = "select host(inet_server_addr()), pg_is_in_recovery()";
    const connect = `PGCONNECT_TIMEOUT=5 psql -h 127.0.0.1 -p ${port} -U ${user} -d airflow`;
    return (await on(node, `export PGPASSWORD=${password}; ${connect} -Atc "${query}"`)).trim();
}

describe("PostgreSQL", () => {
    test("one leader, two streaming, one of them synchronous", async () => {
        const found = await members();
        const roles = found.map((member) => member.Role).sort();
        expect(roles).toHaveLength(3);
        expect(roles.filter((role) => role === "Leader")).toHaveLength(1);
        expect(roles.some((role) => /^(Quorum|Sync) Standby$/.test(role))).toBe(true);
        const states = found.map((member) => member.State).sort();
        expect(states).toEqual(["running", "streaming", "streaming"]);
    });

    test("every node's HAProxy reaches the primary, and the new one after a switchover", async () => {
        const leader = (found: Member[]) => found.find((member) => member.Role === "Leader");
        const before = leader(await members())?.Member ?? nodes[0];
        for (const node of nodes) {
            expect(await behind(node, 5000)).toBe(`${meshAddresses[before]}|f`);
            expect(await behind(node, 5001)).toMatch(/\|t$/);
        }
        const synchronous = (await members()).find((member) => /Standby$/.test(member.Role));
        const candidate = synchronous?.Member ?? nodes[1];
        await on(before, `patronictl switchover --candidate ${candidate} --force`);
        await Promise.all(
            nodes.map((node) =>
                eventually(`${node} reaches the new primary`, async () =>
                    (await behind(node, 5000)) === `${meshAddresses[candidate]}|f`
                        ? true
                        : undefined,
                ),
            ),
        );
        await eventually("all stream from the new leader", async () => {
            const states = (await members()).map((member) => member.State).sort();
            return states.join() === "running,streaming,streaming" ? true : undefined;
        });
    });
});

describe("RabbitMQ", () => {
    test("three running nodes, no guest", async () => {
        const status = JSON.parse(
            await on(nodes[0], "rabbitmqctl --quiet cluster_status --formatter json"),
        ) as { running_nodes: string[] };
        expect(status.running_nodes).toHaveLength(3);
        const users = await on(nodes[1], "rabbitmqctl --quiet list_users --formatter json");
        expect((JSON.parse(users) as { user: string }[]).map(({ user }) => user)).not.toContain(
            "guest",
        );
    });

    test("the task queue is a quorum queue with three members", async () => {
        const queues = await eventually("the workers' queue", async () => {
            const list = "list_queues --vhost airflow name type members --formatter json";
            const found = JSON.parse(await on(nodes[2], `rabbitmqctl --quiet ${list}`)) as {
                name: string;
                type: string;
                members: string[];
            }[];
            return found.some(({ name }) => name === "default") ? found : undefined;
        });
        const tasks = queues.find(({ name }) => name === "default");
        expect(tasks?.type).toMatch(/quorum/);
        expect(tasks?.members).toHaveLength(3);
    });
});

describe("Airflow", () => {
    test("one DAG processor works, and the other nodes' stand by", async () => {
        await eventually("one DAG processor", async () => {
            return (await workingProcessors()).length === 1 ? true : undefined;
        });
        await on(nodes[0], "airflow jobs check --job-type DagProcessorJob");
    });

    test.each(nodes)("all other kinds of process are alive on %s", async (node) => {
        const jobs = ["SchedulerJob", "TriggererJob"].map(
            (job) => `airflow jobs check --job-type ${job} --hostname "$(hostname)"`,
        );
        await on(node, ["set -e", ...jobs].join("\n"));
        const api = await on(
            node,
            `curl -sS --fail --max-time 20 http://${meshAddresses[node]}:8080/api/v2/version`,
        );
        expect(JSON.parse(api)).toMatchObject({ version: "3.3.2" });
    });

    test("Flower wants a login and shows three workers on each node", async () => {
        const { user, password } = stack.credentials.flower;
        for (const node of nodes) {
            const url = `http://${meshAddresses[node]}:5555/api/workers?status=true`;
            const refused = await on(node, `curl -sS -o /dev/null -w '%{http_code}' ${url}`);
            expect(refused).toBe("401");
            await eventually("three workers", async () => {
                const login = `user = "${user}:${password}"`;
                const answer = await on(
                    node,
                    `curl -sS --fail --max-time 20 -K - '${url}' <<'LOGIN'\n${login}\nLOGIN`,
                );
                const workers = Object.keys(JSON.parse(answer) as object).sort();
                return workers.length === 3 ? workers : undefined;
            });
        }
    });
});

test("an operator finds the commands and the units where he expects them", async () => {
    const answers = await onAll(`
        set -e
        airflow version
        patronictl list >/dev/null
        etcdctl member list >/dev/null
        rabbitmqctl --quiet list_vhosts name
        wg show interfaces
        systemctl is-active airflow.target
        journalctl -u airflow-scheduler -n 1 --no-pager -o cat >/dev/null
        stat -c %U /srv/airflow/dags`);
    for (const node of nodes) {
        expect(answers[node]).toContain("3.3.2");
        expect(answers[node]).toContain("wg0");
        expect(answers[node]).toContain("airflow");
    }
});
