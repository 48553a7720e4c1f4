import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";
import { runLanguageHost } from "./language/main.ts";
import { ProviderService } from "./provider/service.ts";
import type { Provider } from "./provider/resource.ts";
import { engineLog } from "./rpc/engine.ts";
import { engineAddress, serve } from "./rpc/serve.ts";

/** What the executables that stand in for Pulumi's plugins run: `main.ts language|PROVIDER ENGINE-ADDRESS`. */
const providers: Record<string, () => Promise<{ provider: Provider }>> = {
    command: () => import("./command/provider.ts"),
    hcloud: () => import("./hcloud/provider.ts"),
    random: () => import("./random/provider.ts"),
    tls: () => import("./tls/provider.ts"),
};

async function main([name = "", ...args]: string[]): Promise<void> {
    const address = engineAddress(args);
    if (name === "language") {
        await runLanguageHost(address);
        return;
    }
    const load = providers[name];
    if (!load || !address) {
        throw new Error("usage: main.ts language|command|hcloud|random|tls ENGINE-ADDRESS");
    }
    const { provider } = await load();
    const manifest = readFileSync(join(root, "node_modules/@pulumi", name, "package.json"), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    const service = new ProviderService(provider, version, engineLog(address));
    await serve(service.definition, service.implementation);
}

await main(process.argv.slice(2));
