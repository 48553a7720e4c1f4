import { workingProcessors } from "../helpers/dagProcessor";
import { eventually, healthy, nodes, on, type Node } from "../helpers/lab";

jest.setTimeout(15 * 60_000);

const minute = 60_000;

test("processes that hang are restarted", async () => {
    const [working] = await eventually("a DAG processor", async () => {
        const found = await workingProcessors();
        return found.length > 0 ? found : undefined;
    });
    /** On different nodes, so that what watches them has all it needs. */
    const hung: [string, Node][] = [
        ["scheduler", nodes[0]],
        ["dag-processor", working],
        ["triggerer", nodes[2]],
        ["api-server", nodes[1]],
        ["worker", nodes[2]],
    ];
    const began = Date.now();
    await Promise.all(
        hung.map(async ([part, node]) => {
            const pid = () => on(node, `systemctl show -p MainPID --value airflow-${part}`);
            const before = await pid();
            // The DAG processor is a child of its unit's main process, which holds the lock.
            const stopped = part === "dag-processor" ? `$(pgrep -P ${before})` : "";
            await on(node, `kill -STOP ${before.trim()} ${stopped}`);
            await eventually(
                `another ${part} on ${node}`,
                async () => ((await pid()) === before ? undefined : true),
                // What has started just before gets five minutes for that.
                8 * minute,
            );
            const seconds = (Date.now() - began) / 1000;
            console.log(`${part} restarted after ${seconds.toFixed(0)} s`);
        }),
    );
    await eventually("one DAG processor", async () =>
        (await workingProcessors()).length === 1 ? true : undefined,
    );
    await healthy();
});

test("a DAG processor that hangs while its program does not is another node's", async () => {
    const [working] = await workingProcessors();
    await on(working, "pkill -STOP -P $(systemctl show -p MainPID --value airflow-dag-processor)");
    await eventually(
        "another node's",
        async () =>
            (await workingProcessors()).every((node) => node !== working) ? true : undefined,
        8 * minute,
    );
    await healthy();
});
