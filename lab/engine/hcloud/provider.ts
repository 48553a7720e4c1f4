import type { Provider } from "../provider/resource.ts";
import type { Value } from "../rpc/values.ts";
import { Client } from "./client.ts";
import { firewall } from "./firewall.ts";
import { server } from "./server.ts";
import { getServerTypes } from "./serverTypes.ts";
import { sshKey } from "./sshKey.ts";

const defaultEndpoint = "https://api.hetzner.cloud/v1";
let configured: Client | undefined;

function client(): Client {
    if (!configured) {
        throw new Error("the hcloud plugin is not configured");
    }
    return configured;
}

export const provider: Provider = {
    name: "hcloud",
    keepsSecrets: false,
    config: { token: { type: "string" }, endpoint: { type: "string" } },
    configure(config) {
        const token = given(config.token) ?? given(process.env.HCLOUD_TOKEN);
        if (token === undefined) {
            throw new Error(
                "Missing Hetzner Cloud API token: set hcloud:token " +
                    "(pulumi config set --secret hcloud:token ...) or HCLOUD_TOKEN",
            );
        }
        const endpoint = given(config.endpoint) ?? given(process.env.HCLOUD_ENDPOINT);
        configured = new Client(endpoint ?? defaultEndpoint, token);
    },
    resources: {
        "hcloud:index/sshKey:SshKey": sshKey(client),
        "hcloud:index/firewall:Firewall": firewall(client),
        "hcloud:index/server:Server": server(client),
    },
    functions: {
        "hcloud:index/getServerTypes:getServerTypes": getServerTypes(client),
    },
};

function given(value: Value | undefined): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}
