import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { cloudApi, type Lab } from "./cloudApi";
import { eventually, lab, nodes, run, type Node } from "./lab";
import { root } from "./root";
import { sshKeyPair } from "./sshKey";

const user = "ops";

/** A machine as the stack's configuration has it. */
export interface OwnMachine {
    name: Node;
    location: string;
    address: string;
    hostKey: string;
    user?: string;
}

/** Machines in a lab's cloud that no stack has made, one of them with a user other than root; and the key to them. */
export async function makeOwnMachines(
    lab: Lab,
): Promise<{ machines: OwnMachine[]; privateKey: string }> {
    const key = sshKeyPair();
    const api = await cloudApi(lab);
    const { ssh_key } = await api<{ ssh_key: { id: number } }>("POST", "ssh_keys", {
        name: "owner",
        public_key: key.publicKey,
    });
    const machines = await Promise.all(
        nodes.map(async (name, index) => {
            const location = name.replace("airflow-", "");
            const { server } = await api<{ server: { public_net: { ipv4: { ip: string } } } }>(
                "POST",
                "servers",
                {
                    ...{ name, location, server_type: "cx33", image: "debian-13" },
                    ssh_keys: [ssh_key.id],
                    user_data: index === 0 ? userData(key.publicKey) : undefined,
                },
            );
            const address = server.public_net.ipv4.ip;
            const hostKey = await eventually(`the host key of ${name}`, () => scan(address));
            return { name, location, address, hostKey, ...(index === 0 && { user }) };
        }),
    );
    return { machines, privateKey: key.privateKey };
}

/** The configuration file of a stack, in the lab that the tests share, that takes such machines. */
export async function ownConfiguration(): Promise<string> {
    const { machines, privateKey } = await makeOwnMachines(lab);
    const document = parseDocument(readFileSync(join(root, "Pulumi.lab.yaml"), "utf8"));
    for (const name of ["locations", "serverType"]) {
        document.deleteIn(["config", `airflow-ha:${name}`]);
    }
    document.setIn(["config", "airflow-ha:machines"], document.createNode(machines));
    const file = join(root, "test-results", "Pulumi.own.yaml");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, document.toString());
    await lab(
        ["pulumi", "config", "set", "--secret", "privateKey", "--config-file", file],
        privateKey,
    );
    return file;
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
