import { execa } from "execa";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stackOutputs, type StackOutputs } from "./outputs.ts";
import { stateDir } from "./settings.ts";

/** Logs in to a node as root on this terminal, or runs a command there. Gives its exit code. */
export async function ssh(name: string, command: string[]): Promise<number> {
    const { exitCode } = await execa("ssh", [...(await sshArguments(name)), ...command], {
        stdio: "inherit",
        reject: false,
    });
    return exitCode ?? 255;
}

/** Runs a bash script on a node and gives what it prints; an error holds what it said. */
export async function sshScript(name: string, script: string, timeoutMs = 60_000): Promise<string> {
    const { stdout } = await execa("ssh", [...(await sshArguments(name)), "bash", "-s"], {
        input: script,
        timeout: timeoutMs,
    });
    return stdout;
}

async function sshArguments(name: string): Promise<string[]> {
    const outputs = await stackOutputs();
    const node = outputs.nodes.find((each) => each.name === name);
    if (node === undefined) {
        const names = outputs.nodes.map((each) => each.name).join(", ");
        throw new Error(`no node "${name}"; there are ${names}`);
    }
    const { key, knownHosts } = await writeSshFiles(outputs);
    return [
        ...["-i", key, "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"],
        ...["-o", `UserKnownHostsFile=${knownHosts}`, "-o", "StrictHostKeyChecking=yes"],
        ...["-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=5"],
        `root@${node.publicAddress}`,
    ];
}

/** The private key and the hosts' keys as files that `ssh` takes; gives their paths. */
export async function writeSshFiles(
    outputs: StackOutputs,
): Promise<{ key: string; knownHosts: string }> {
    const key = join(stateDir, "ssh-key");
    const knownHosts = join(stateDir, "known_hosts");
    await writeFile(key, outputs.privateKey, { mode: 0o600 });
    await writeFile(knownHosts, outputs.knownHosts);
    return { key, knownHosts };
}
