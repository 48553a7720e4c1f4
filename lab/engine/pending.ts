import { execa } from "execa";
import { Client } from "./hcloud/client.ts";
import { progress } from "./progress.ts";

interface State {
    urn: string;
    type: string;
    id?: string;
    inputs?: { name?: unknown };
}
interface Deployment {
    resources?: State[];
    pending_operations?: { type: string; resource: State }[];
}

/** In the order in which they can go: a server holds its firewall. */
const collections: readonly [string, string][] = [
    ["hcloud:index/server:Server", "servers"],
    ["hcloud:index/firewall:Firewall", "firewalls"],
    ["hcloud:index/sshKey:SshKey", "ssh_keys"],
];

/**
 * Cleans up after a Pulumi that was killed while it made something. The state does not know whether that was made,
 * so the next `up` would make it once more and be refused, for the name is taken. Nothing depends on it yet: what
 * is there under that name and not in the state is removed, and the state forgets the operation.
 *
 * `env` is the one that `pulumi` is run with; it has HCLOUD_ENDPOINT and HCLOUD_TOKEN.
 */
export async function clearInterruptedCreates(
    env: Record<string, string>,
    cwd: string,
): Promise<void> {
    const { stdout } = await execa("pulumi", ["stack", "export"], { cwd, env });
    const { deployment } = JSON.parse(stdout) as { deployment?: Deployment };
    const pending = (deployment?.pending_operations ?? []).filter(
        ({ type }) => type === "creating",
    );
    if (pending.length === 0) {
        return;
    }
    const client = new Client(env.HCLOUD_ENDPOINT ?? "", env.HCLOUD_TOKEN ?? "");
    const interrupted = pending.map(({ resource }) => resource);
    for (const [type, collection] of collections) {
        const known = (deployment?.resources ?? []).filter((each) => each.type === type);
        const ids = new Set(known.map(({ id }) => id));
        for (const { name } of interrupted.filter((each) => each.type === type).map(inputsOf)) {
            await remove(client, collection, name, ids);
        }
    }
    interrupted.forEach(({ urn }) => progress(`${urn} was being made when Pulumi was killed`));
    // An import of what was exported leaves out the pending operations: the CLI's own way to forget them.
    await execa("pulumi", ["stack", "import"], { cwd, env, input: stdout, stderr: "ignore" });
}

function inputsOf({ inputs }: State): { name: string } {
    return { name: typeof inputs?.name === "string" ? inputs.name : "" };
}

async function remove(
    client: Client,
    collection: string,
    name: string,
    known: Set<string | undefined>,
): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const query = new URLSearchParams({ name }).toString();
    const path = `/${collection}?${query}`;
    const found = await client.get<Record<string, { id: number }[]>>(path, signal);
    for (const { id } of found[collection] ?? []) {
        if (!known.has(String(id))) {
            progress(`removing ${collection}/${id} (${name}), which no state knows`);
            await client.delete(`/${collection}/${id}`, signal);
        }
    }
}
