import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

/** DER of a PKCS #8 X25519 private key, up to its 32 bytes (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b656e04220420", "hex");

/** A key of 32 bytes (base64) from a random text with at least as much entropy: WireGuard's preshared key. */
export function presharedKeyFrom(random: string): string {
    return digest(random).toString("base64");
}

/** A WireGuard private key (base64) from a random text: the bits that X25519 wants set are set. */
export function privateKeyFrom(random: string): string {
    const bytes = digest(random);
    bytes[0] &= 248;
    bytes[31] = (bytes[31] & 127) | 64;
    return bytes.toString("base64");
}

function digest(random: string): Buffer {
    return createHash("sha256").update(random).digest();
}

/** The public key (base64) of a WireGuard private key (base64). */
export function publicKeyOf(privateKey: string): string {
    const key = createPrivateKey({
        key: Buffer.concat([pkcs8Prefix, Buffer.from(privateKey, "base64")]),
        format: "der",
        type: "pkcs8",
    });
    const der = createPublicKey(key).export({ format: "der", type: "spki" });
    return der.subarray(-32).toString("base64");
}
