import type { Provider } from "../provider/resource.ts";
import type { Value } from "../rpc/values.ts";
import { balancerService } from "./balancerService.ts";
import { balancerTarget } from "./balancerTarget.ts";
import { managedCertificate } from "./certificate.ts";
import { Client } from "./client.ts";
import { firewall } from "./firewall.ts";
import { loadBalancer } from "./loadBalancer.ts";
import { attachment, network, networkSubnet } from "./network.ts";
import { server } from "./server.ts";
import { getServerTypes } from "./serverTypes.ts";
import { sshKey } from "./sshKey.ts";
import { zoneRrset } from "./zoneRrset.ts";

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
        "hcloud:index/network:Network": network(client),
        "hcloud:index/networkSubnet:NetworkSubnet": networkSubnet(client),
        "hcloud:index/serverNetwork:ServerNetwork": attachment(client, "server"),
        "hcloud:index/loadBalancer:LoadBalancer": loadBalancer(client),
        "hcloud:index/loadBalancerNetwork:LoadBalancerNetwork": attachment(client, "load_balancer"),
        "hcloud:index/loadBalancerService:LoadBalancerService": balancerService(client),
        "hcloud:index/loadBalancerTarget:LoadBalancerTarget": balancerTarget(client),
        "hcloud:index/managedCertificate:ManagedCertificate": managedCertificate(client),
        "hcloud:index/zoneRrset:ZoneRrset": zoneRrset(client),
    },
    functions: {
        "hcloud:index/getServerTypes:getServerTypes": getServerTypes(client),
    },
};

function given(value: Value | undefined): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}
