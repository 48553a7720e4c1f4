import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private SSH key that opens nothing. */
export const sshKey = generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

/** A machine's public host key, of which nobody has the private one. */
export const hostKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

/** A user's public key, of which nobody has the private one. */
export const userKey = `${hostKey} user@example`;

/** A key pair in OpenSSH's format. */
export function sshKeyPair(): { publicKey: string; privateKey: string } {
    const folder = mkdtempSync(join(tmpdir(), "airflow-ha-key-"));
    const file = join(folder, "key");
    try {
        execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
        return {
            publicKey: readFileSync(`${file}.pub`, "utf8").trim(),
            privateKey: readFileSync(file, "utf8"),
        };
    } finally {
        rmSync(folder, { recursive: true });
    }
}
