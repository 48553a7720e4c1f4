import { stackOutputs } from "./outputs.ts";
import { sshScript } from "./ssh.ts";

const folder = "/srv/airflow/dags";
const deadlineSeconds = 120;

/**
 * Saves files one after the other on the second node. Gives, for each and each other node that is on, the seconds
 * until it was there. All machines of a lab have one clock.
 */
export async function syncTimes(count: number, off: string[] = []): Promise<number[]> {
    const { nodes } = await stackOutputs();
    const sender = nodes[1].name;
    const receivers = nodes
        .map(({ name }) => name)
        .filter((name) => ![sender, ...off].includes(name));
    const prefix = `${folder}/bench-${Date.now()}`;
    const received = receivers.map((node) => times(node, receive(prefix, count)));
    const sent = await times(sender, send(prefix, count));
    const differences = (await Promise.all(received)).flatMap((at) =>
        at.map((time, index) => time - sent[index]),
    );
    await sshScript(sender, `rm -f ${prefix}-*`);
    return differences;
}

async function times(node: string, python: string): Promise<number[]> {
    const script = `python3 - <<'PYTHON'\n${python}\nPYTHON\n`;
    const printed = await sshScript(node, script, (deadlineSeconds + 30) * 1000);
    return printed.trim().split("\n").map(Number);
}

function send(prefix: string, count: number): string {
    return `
import time
for n in range(${count}):
    with open(f"${prefix}-{n}", "w") as file:
        file.write("x" * 1000)
    print(time.time())
    time.sleep(1)`;
}

function receive(prefix: string, count: number): string {
    return `
import os, sys, time
end = time.time() + ${deadlineSeconds}
for n in range(${count}):
    while not os.path.exists(f"${prefix}-{n}"):
        if time.time() > end:
            sys.exit(f"file {n} did not come within ${deadlineSeconds} s")
        time.sleep(0.01)
    print(time.time())`;
}
