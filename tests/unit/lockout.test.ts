import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExistingMachines } from "../../components/machines/existing";
import { record, type Registered } from "../helpers/mocks";
import { hostKey, sshKey } from "../helpers/sshKey";

const folder = mkdtempSync(join(tmpdir(), "airflow-ha-lockout-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine that has booted and is what it should be. */
const machine = {
    grep: "echo 2",
    "cloud-init": "exit 0",
    hostname: "echo own",
    systemctl: "echo running",
    "dpkg-query": "printf installed",
    // As sudo does it: nothing of the environment is left.
    sudo: 'shift; exec env -i PATH="$PATH" "$@"',
};

beforeAll(() => {
    for (const [name, text] of Object.entries(machine)) {
        writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
        chmodSync(join(folder, name), 0o755);
    }
});

/** Runs what would be run on the machine first, for somebody who comes from `client`. */
async function boot(adminCidrs: string[], client: string, user: string) {
    const all: Registered[] = await record(() => {
        new ExistingMachines("it", {
            machines: [{ name: "own", address: "203.0.113.1", hostKey, user }],
            adminCidrs,
            privateKey: sshKey,
        });
    });
    const inputs = all.find(({ name }) => name === "it-own-boot")?.inputs;
    const { status, stderr } = spawnSync("sh", ["-c", inputs?.create as string], {
        input: inputs?.stdin as string,
        encoding: "utf8",
        env: {
            PATH: `${folder}:${process.env.PATH ?? ""}`,
            SSH_CONNECTION: `${client} 50000 203.0.113.1 22`,
        },
    });
    return { status, lines: stderr.trimEnd().split("\n") };
}

describe.each(["root", "ops"])("as %s", (user) => {
    test.each([
        ["203.0.113.7", ["198.51.100.0/24", "203.0.113.0/24"]],
        ["2001:db8::7", ["203.0.113.0/24", "2001:db8::/32"]],
    ])("%s may close the firewall to all but %j", async (client, adminCidrs) => {
        expect(await boot(adminCidrs, client, user)).toEqual({
            status: 0,
            lines: ["systemd has booted"],
        });
    });

    test.each(["198.51.100.7", "2001:db8::7"])("%s would lock itself out", async (client) => {
        expect(await boot(["203.0.113.0/24", "198.51.100.0/30"], client, user)).toEqual({
            status: 1,
            lines: [
                "systemd has booted",
                `error: this machine sees you as ${client}, which none of adminCidrs has: ` +
                    "203.0.113.0/24 198.51.100.0/30",
            ],
        });
    });
});
