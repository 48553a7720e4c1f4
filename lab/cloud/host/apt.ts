import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run.ts";

/** Settings of apt that say how packages are reached. */
const wanted =
    /^Acquire::(https?|ftp|socks|ForceIPv4|ForceIPv6|Retries|Check-Valid-Until|Check-Date)\b/;

export interface AptSettings {
    mirror: string;
    securityMirror: string;
    /** Text for apt.conf.d. */
    configuration: string;
    /** The proxy for http, which debootstrap has to be told of. */
    proxy: string | undefined;
}

/** How this computer reaches Debian's packages; debootstrap's own server where it does not say. */
export async function aptSettings(): Promise<AptSettings> {
    const uris = sources().flatMap((text) => text.match(/https?:\/\/[^\s\]]+/g) ?? []);
    const mirror = (end: RegExp) =>
        uris.map((uri) => uri.replace(/\/$/, "")).find((uri) => end.test(uri));
    const debian = mirror(/\/debian$/) ?? debootstrapMirror();
    const lines = existsSync("/usr/bin/apt-config") ? await run("apt-config", ["dump"]) : "";
    const settings = lines.split("\n").filter((line) => wanted.test(line) && !line.endsWith('"";'));
    const proxy = settings.map((line) => /^Acquire::http::Proxy "(.+)";$/i.exec(line)?.[1]);
    return {
        mirror: debian,
        securityMirror: mirror(/\/debian-security$/) ?? `${debian}-security`,
        configuration: settings.map((line) => `${line}\n`).join(""),
        proxy:
            process.env.http_proxy ?? proxy.find((each) => each !== undefined && each !== "DIRECT"),
    };
}

/** The server that debootstrap takes where it is told none. */
function debootstrapMirror(): string {
    const script = readFileSync("/usr/sbin/debootstrap", "utf8");
    const [, mirror] = /^DEF_MIRROR="(.+)"$/m.exec(script) ?? [];
    if (mirror === undefined) {
        throw new Error("no Debian mirror: neither apt's sources nor debootstrap name one");
    }
    return mirror;
}

/** apt's lists of sources, without comments. */
function sources(): string[] {
    const directory = "/etc/apt/sources.list.d";
    const files = existsSync(directory) ? readdirSync(directory) : [];
    return ["/etc/apt/sources.list", ...files.map((file) => join(directory, file))]
        .filter((path) => existsSync(path) && /\.(list|sources)$/.test(path))
        .map((path) => readFileSync(path, "utf8").replace(/^\s*#.*$/gm, ""));
}
