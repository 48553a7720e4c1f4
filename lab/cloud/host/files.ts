import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { AptSettings } from "./apt.ts";
import { machineBundle, machineEnvironment } from "./environment.ts";

/** What the machines' image has besides Debian's packages, by path: this computer's ways to the outside. */
export function imageFiles(apt: AptSettings): Record<string, string> {
    const environment = Object.entries(machineEnvironment());
    const quoted = environment.map(([name, value]) => `"${name}=${value}"`.replaceAll("%", "%%"));
    return {
        "etc/apt/sources.list.d/debian.sources": debianSources(apt),
        "etc/apt/apt.conf.d/90host": apt.configuration,
        // Logins get these by PAM, units by systemd.
        "etc/environment": environment.map(([name, value]) => `${name}="${value}"\n`).join(""),
        "etc/systemd/system.conf.d/90-host.conf": `[Manager]\nDefaultEnvironment=${quoted.join(" ")}\n`,
        ...optional("etc/pip.conf", ["/etc/pip.conf", ".config/pip/pip.conf", ".pip/pip.conf"]),
        ...optional("etc/uv/uv.toml", ["/etc/uv/uv.toml", ".config/uv/uv.toml"]),
        // The lab's disks go with the lab; a power cut of a machine is not one of this computer.
        "etc/dpkg/dpkg.cfg.d/90lab": "force-unsafe-io\n",
        "etc/cloud/cloud.cfg.d/90-lab.cfg": cloudConfig(),
    };
}

function debianSources({ mirror, securityMirror }: AptSettings): string {
    const source = (uri: string, suites: string) => `Types: deb
URIs: ${uri}
Suites: ${suites}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
    return `${source(mirror, "trixie trixie-updates")}\n${source(securityMirror, "trixie-security")}`;
}

/** As in Hetzner's images: root is the user, with the owner's keys. */
function cloudConfig(): string {
    return `datasource_list: [NoCloud]
network: {config: disabled}
disable_root: false
users: [default]
system_info:
  default_user: {name: root, lock_passwd: false}
`;
}

/** The first of these files that this computer has; certificate bundles are where the machines have theirs. */
function optional(path: string, candidates: string[]): Record<string, string> {
    const home = homedir();
    const found = candidates.map((each) => (each.startsWith("/") ? each : join(home, each)));
    const file = found.find(existsSync);
    if (file === undefined) {
        return {};
    }
    const text = readFileSync(file, "utf8").replace(/^(\s*cert\s*=\s*).+$/gm, `$1${machineBundle}`);
    return { [path]: text };
}
