import { eventually, healthy, nodes, on } from "../helpers/lab";

jest.setTimeout(15 * 60_000);

/** On different nodes, so that what watches them has all it needs. */
const hung = [
    ["scheduler", nodes[0]],
    ["dag-processor", nodes[1]],
    ["triggerer", nodes[2]],
    ["api-server", nodes[1]],
    ["worker", nodes[2]],
] as const;

test("processes that hang are restarted", async () => {
    const began = Date.now();
    await Promise.all(
        hung.map(async ([part, node]) => {
            const pid = () => on(node, `systemctl show -p MainPID --value airflow-${part}`);
            const before = await pid();
            await on(node, `kill -STOP ${before}`);
            await eventually(
                `another ${part} on ${node}`,
                async () => ((await pid()) === before ? undefined : true),
                // What has started just before gets five minutes for that.
                8 * 60_000,
            );
            const seconds = (Date.now() - began) / 1000;
            console.log(`${part} restarted after ${seconds.toFixed(0)} s`);
        }),
    );
    await healthy();
});
