import { ports } from "../../components/ports";
import { marker, workingProcessors } from "../helpers/dagProcessor";
import { eventually, nodes, on, onAll, tryOn, type Node } from "../helpers/lab";
import { airflowApi, outputs } from "../helpers/outputs";

jest.setTimeout(15 * 60_000);

const [first, second, third] = nodes;
const file = "/srv/airflow/dags/lab_lagging.py";
const unit = "airflow-dag-processor";
/** Nothing comes to a node, by messages or by csync2; it may ask the others what they have. */
const cut = `nft 'table inet lab_lagging {
    chain input {
        type filter hook input priority -300
        tcp dport { ${ports.dagSync}, ${ports.csync2} } drop
    }
}'`;
const heal = "nft delete table inet lab_lagging 2>/dev/null || true";

interface Dag {
    is_stale: boolean;
    description: string;
}

/** The node whose DAG processor works: there is one. */
async function worker(): Promise<Node> {
    return eventually("one DAG processor works", async () => {
        const found = await workingProcessors();
        return found.length === 1 ? found[0] : undefined;
    });
}

async function save(node: Node, description: string): Promise<void> {
    await on(
        node,
        `cat >${file} <<'DAG'
from airflow.sdk import dag, task


@dag(schedule=None, description="${description}")
def lab_lagging():
    @task
    def nothing():
        pass

    nothing()


lab_lagging()
DAG`,
    );
}

afterAll(async () => {
    await onAll(`${heal}; systemctl start ${unit}`);
    await on(first, `rm -f ${file}`);
});

test("a node that gets no files makes no DAG flap, and leaves the processing to another one", async () => {
    // The worst case: it is the one that reads the DAGs.
    for (const node of [first, second]) {
        await on(node, `systemctl stop ${unit}`);
    }
    await eventually(`${third} works`, () => on(third, `test -e ${marker}`));
    await on(first, `systemctl start ${unit}`);
    await on(second, `systemctl start ${unit}`);
    await on(third, cut);

    const api = airflowApi(await outputs(), first);
    const look = () => api.call("GET", "/dags/lab_lagging") as Promise<Dag>;
    /** Until it is so, and then for longer than every node needs to read its files again. */
    const becomes = async (description: string) => {
        const began = Date.now();
        await eventually(`"${description}"`, async () =>
            (await look()).description === description ? true : undefined,
        );
        console.log(`"${description}" after ${Math.round((Date.now() - began) / 1000)} s`);
        const seen = new Set<string>();
        for (const end = Date.now() + 45_000; Date.now() < end;) {
            const { is_stale, description: now } = await look();
            seen.add(`${now}, ${is_stale ? "stale" : "active"}`);
        }
        expect([...seen]).toEqual([`${description}, active`]);
    };
    await save(first, "one");
    await becomes("one");
    await save(second, "two");
    await becomes("two");
    expect(await worker()).not.toBe(third);

    await on(third, heal);
    await eventually("it has the file", () => on(third, `grep -q two ${file}`));
    await eventually("it knows that it does not lag any more", async () => {
        const { code } = await tryOn(third, "test ! -e /run/dag-sync/behind");
        return code === 0 ? true : undefined;
    });
    await becomes("two");
});
