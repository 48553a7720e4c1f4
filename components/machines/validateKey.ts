import { createPrivateKey } from "node:crypto";
import type { Problem } from "../problems";

/** What is wrong with the SSH key that opens machines; it is not shown. */
export function privateKeyProblems(key: unknown): Problem[] {
    const text = typeof key === "string" ? key.trim() : "";
    if (isEncrypted(text)) {
        return [
            "privateKey: it has a passphrase; one in OpenSSH's or PEM format without a passphrase is needed",
        ];
    }
    return isOpenssh(text) || isPem(text)
        ? []
        : [
              "privateKey: it is no SSH private key; the text of one in OpenSSH's or PEM format without a passphrase is needed",
          ];
}

function isEncrypted(text: string): boolean {
    const cipher = opensshCipher(text);
    return (
        /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text) ||
        (cipher !== undefined && cipher !== "none")
    );
}

function isOpenssh(text: string): boolean {
    return opensshCipher(text) === "none";
}

/** The first field after the magic word. Source: PROTOCOL.key of OpenSSH. */
function opensshCipher(text: string): string | undefined {
    const magic = "openssh-key-v1\0";
    const armour =
        /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([^-]+)\n-----END OPENSSH PRIVATE KEY-----$/;
    const bytes = Buffer.from(armour.exec(text)?.[1] ?? "", "base64");
    const start = magic.length + 4;
    if (bytes.length < start || bytes.toString("latin1", 0, magic.length) !== magic) {
        return undefined;
    }
    return bytes.toString("latin1", start, start + bytes.readUInt32BE(magic.length));
}

/** Pulumi's SSH client reads the first block only, so that has to be the key. */
function isPem(text: string): boolean {
    if (!/^-----BEGIN ((RSA|EC) )?PRIVATE KEY-----\r?\n/.test(text)) {
        return false;
    }
    try {
        const { asymmetricKeyType = "" } = createPrivateKey(text);
        return ["rsa", "ec", "ed25519"].includes(asymmetricKeyType);
    } catch {
        return false;
    }
}
