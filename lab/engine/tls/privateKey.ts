import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import sshpk from "sshpk";
import type { Resource } from "../provider/resource.ts";
import { text, type Values } from "../rpc/values.ts";

const generate = promisify(generateKeyPair);
const curves = ["P224", "P256", "P384", "P521"] as const;
/** The real plugin's own default, although OpenSSH has no such keys. */
const defaultCurve = "P224";
const defaultRsaBits = 2048;

export const privateKey: Resource = {
    inputs: {
        algorithm: {
            type: "string",
            required: true,
            allowed: ["RSA", "ECDSA", "ED25519"],
            replaces: true,
        },
        ecdsaCurve: { type: "string", allowed: curves, replaces: true },
        rsaBits: { type: "number", replaces: true },
    },
    computed: [
        "privateKeyOpenssh",
        "privateKeyPem",
        "privateKeyPemPkcs8",
        "publicKeyFingerprintMd5",
        "publicKeyFingerprintSha256",
        "publicKeyOpenssh",
        "publicKeyPem",
    ],
    planned: withDefaults,
    async create(inputs) {
        const all = withDefaults(inputs);
        const pair = await generatePair(all);
        const publicDer = pair.publicKey.export({ type: "spki", format: "der" });
        return {
            id: createHash("sha1").update(publicDer).digest("hex"),
            outputs: {
                ...all,
                privateKeyPem: traditionalPem(pair.privateKey),
                privateKeyPemPkcs8: pem(pair.privateKey, "pkcs8"),
                publicKeyPem: pem(pair.publicKey, "spki"),
                ...opensshForms(pair.privateKey),
            },
        };
    },
};

function withDefaults(inputs: Values): Values {
    return { ecdsaCurve: defaultCurve, rsaBits: defaultRsaBits, ...inputs };
}

async function generatePair({ algorithm, ecdsaCurve, rsaBits }: Values) {
    switch (algorithm) {
        case "RSA":
            return generate("rsa", { modulusLength: Number(rsaBits) });
        case "ECDSA": {
            const curve = ecdsaCurve === "P224" ? "secp224r1" : text(ecdsaCurve).replace("P", "P-");
            return generate("ec", { namedCurve: curve });
        }
        default:
            return generate("ed25519");
    }
}

/** PKCS#1 for RSA, SEC 1 for ECDSA; ED25519 has PKCS#8 only. */
function traditionalPem(key: KeyObject): string {
    switch (key.asymmetricKeyType) {
        case "rsa":
            return pem(key, "pkcs1");
        case "ec":
            return pem(key, "sec1");
        default:
            return pem(key, "pkcs8");
    }
}

function pem(key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1" | "spki"): string {
    return key.export({ type, format: "pem" }).toString();
}

/** OpenSSH's formats; all empty for the curve that OpenSSH does not know. */
function opensshForms(key: KeyObject): Values {
    if (key.asymmetricKeyDetails?.namedCurve === "secp224r1") {
        return {
            privateKeyOpenssh: "",
            publicKeyOpenssh: "",
            publicKeyFingerprintMd5: "",
            publicKeyFingerprintSha256: "",
        };
    }
    const parsed = sshpk.parsePrivateKey(pem(key, "pkcs8"), "pem");
    parsed.comment = "";
    const [type, blob] = parsed.toPublic().toString("ssh").split(" ");
    return {
        privateKeyOpenssh: parsed.toString("ssh-private"),
        publicKeyOpenssh: `${type} ${blob}\n`,
        publicKeyFingerprintMd5: parsed.fingerprint("md5").toString("hex"),
        publicKeyFingerprintSha256: parsed.fingerprint("sha256").toString(),
    };
}
