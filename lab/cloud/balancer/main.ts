import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BalancerConfig, Health } from "./config.ts";
import { Service } from "./service.ts";

/** A load balancer: what it does stands in config.json of a directory, and is read again on SIGHUP. */
const directory = process.argv[2] ?? "";
const services = new Map<number, Service>();
const health: Health = {};

function load(): void {
    const text = readFileSync(join(directory, "config.json"), "utf8");
    const { services: wanted, targets } = JSON.parse(text) as BalancerConfig;
    for (const [port, service] of services) {
        if (!wanted.some(({ listen_port }) => listen_port === port)) {
            service.close();
            services.delete(port);
        }
    }
    for (const config of wanted) {
        const service = services.get(config.listen_port) ?? new Service(config.listen_port, tell);
        services.set(config.listen_port, service);
        service.configure(config, targets);
    }
}

/** Whoever reads the file sees the whole old or the whole new one. */
function tell(key: string, status: string): void {
    health[key] = status;
    const file = join(directory, "health.json");
    writeFileSync(`${file}.part`, JSON.stringify(health));
    renameSync(`${file}.part`, file);
}

process.on("SIGHUP", load);
load();
// Until the first service is there.
setInterval(() => undefined, 3_600_000);
