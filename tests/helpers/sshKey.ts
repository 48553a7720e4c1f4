import { generateKeyPairSync } from "node:crypto";

/** A private SSH key that opens nothing. */
export const sshKey = generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
