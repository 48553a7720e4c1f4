import { generateKeyPairSync } from "node:crypto";

/** A private SSH key that opens nothing. */
export const sshKey = generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

/** A machine's public host key, of which nobody has the private one. */
export const hostKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

/** A user's public key, of which nobody has the private one. */
export const userKey = `${hostKey} user@example`;
