import { execa } from "execa";
import { join } from "node:path";
import { replaceFile } from "./replaceFile.ts";
import { stackOutputs, type StackOutputs } from "./outputs.ts";
import { stateDir } from "./settings.ts";
import { quote } from "./shell.ts";

/** Logs in to a node as root on this terminal, or runs a command there. Gives its exit code. */
export async function ssh(name: string, command: string[]): Promise<number> {
    const { login, become } = await sshArguments(name);
    const args = command.length > 0 ? [...login, ...asRoot(become, command)] : [...login];
    if (become.length > 0 && command.length === 0) {
        args.unshift("-t");
        args.push(...become, "-i");
    }
    const { exitCode } = await execa("ssh", args, {
        stdio: "inherit",
        reject: false,
    });
    return exitCode ?? 255;
}

/** Runs a bash script on a node and gives what it prints; an error holds what it said. */
export async function sshScript(name: string, script: string, timeoutMs = 60_000): Promise<string> {
    const { login, become } = await sshArguments(name);
    const { stdout } = await execa("ssh", [...login, ...become, "bash", "-s"], {
        input: script,
        timeout: timeoutMs,
    });
    return stdout;
}

/** All of the command is for root, redirections too. */
function asRoot(become: string[], command: string[]): string[] {
    return become.length > 0 ? [...become, "sh", "-c", quote(command.join(" "))] : command;
}

/** How to log in to a node, and what comes before a command that root shall run. */
async function sshArguments(name: string): Promise<{ login: string[]; become: string[] }> {
    const outputs = await stackOutputs();
    const node = outputs.nodes.find((each) => each.name === name);
    if (node === undefined) {
        const names = outputs.nodes.map((each) => each.name).join(", ");
        throw new Error(`no node "${name}"; there are ${names}`);
    }
    const { key, knownHosts } = await writeSshFiles(outputs);
    const login = [
        ...["-i", key, "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"],
        ...["-o", `UserKnownHostsFile=${knownHosts}`, "-o", "StrictHostKeyChecking=yes"],
        ...["-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=5"],
        ...["-p", String(node.sshPort), `${node.user}@${node.publicAddress}`],
    ];
    return { login, become: node.user === "root" ? [] : ["sudo", "-n"] };
}

/** The private key, the hosts' keys and a configuration as files that `ssh` takes; gives their paths. */
export async function writeSshFiles(
    outputs: StackOutputs,
): Promise<{ key: string; knownHosts: string; config: string }> {
    const key = join(stateDir, "ssh-key");
    const knownHosts = join(stateDir, "known_hosts");
    const config = join(stateDir, "ssh_config");
    const host = `Host *\nIdentityFile ${key}\nUserKnownHostsFile ${knownHosts}\n`;
    await replaceFile(config, host);
    await replaceFile(key, outputs.privateKey);
    await replaceFile(knownHosts, outputs.knownHosts);
    return { key, knownHosts, config };
}
