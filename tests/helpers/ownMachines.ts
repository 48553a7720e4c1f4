import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { eventually, lab, nodes, run, type Node } from "./lab";
import { root } from "./root";

const folder = join(root, "test-results", "own-machines");
const key = join(folder, "key");
const user = "ops";

/**
 * Machines in the lab's cloud that no stack has made, one of them with a user other than root; gives the
 * configuration file of a stack that takes them.
 */
export async function makeOwnMachines(): Promise<string> {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const publicKey = readFileSync(`${key}.pub`, "utf8").trim();
    const api = await cloudApi();
    const { ssh_key } = await api<{ ssh_key: { id: number } }>("ssh_keys", {
        name: "owner",
        public_key: publicKey,
    });
    const machines = await Promise.all(
        nodes.map(async (name, index) => {
            const { server } = await api<{ server: { public_net: { ipv4: { ip: string } } } }>(
                "servers",
                {
                    name,
                    server_type: "cx33",
                    image: "debian-13",
                    location: locationOf(name),
                    ssh_keys: [ssh_key.id],
                    user_data: index === 0 ? userData(publicKey) : undefined,
                },
            );
            const address = server.public_net.ipv4.ip;
            const hostKey = await eventually(`the host key of ${name}`, () => scan(address));
            return {
                name,
                location: locationOf(name),
                address,
                hostKey,
                ...(index === 0 && { user }),
            };
        }),
    );
    return configuration(machines);
}

function locationOf(node: Node): string {
    return node.replace("airflow-", "");
}

type Api = <T>(path: string, body: object) => Promise<T>;

async function cloudApi(): Promise<Api> {
    const printed = await lab(["env"]);
    const variable = (name: string) =>
        new RegExp(`^export ${name}='(.*)'$`, "m").exec(printed)?.[1];
    const [endpoint, token] = [variable("HCLOUD_ENDPOINT"), variable("HCLOUD_TOKEN")];
    return async <T>(path: string, body: object) => {
        const answer = await fetch(`${endpoint}/${path}`, {
            method: "POST",
            headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
            body: JSON.stringify(body),
        });
        if (!answer.ok) {
            throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
        }
        return (await answer.json()) as T;
    };
}

/** A user who may become root, as many providers' images have one. */
function userData(publicKey: string): string {
    const users = [
        {
            name: user,
            shell: "/bin/bash",
            sudo: "ALL=(ALL) NOPASSWD:ALL",
            ssh_authorized_keys: [publicKey],
        },
    ];
    return `#cloud-config\n${stringify({ users, disable_root: true })}`;
}

async function scan(address: string): Promise<string | undefined> {
    const { stdout } = await run("ssh-keyscan", ["-t", "ed25519", address]);
    return stdout.trim().replace(/^\S+ /, "") || undefined;
}

async function configuration(machines: object[]): Promise<string> {
    const document = parseDocument(readFileSync(join(root, "Pulumi.lab.yaml"), "utf8"));
    for (const name of ["locations", "serverType"]) {
        document.deleteIn(["config", `airflow-ha:${name}`]);
    }
    document.setIn(["config", "airflow-ha:machines"], document.createNode(machines));
    const file = join(folder, "Pulumi.own.yaml");
    writeFileSync(file, document.toString());
    const set = ["pulumi", "config", "set", "--secret", "privateKey", "--config-file", file];
    await lab(set, readFileSync(key, "utf8"));
    return file;
}
