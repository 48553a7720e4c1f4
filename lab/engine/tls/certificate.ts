import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
    createHash,
    createPrivateKey,
    createPublicKey,
    type KeyObject,
    randomBytes,
    webcrypto,
} from "node:crypto";
import type { Shape } from "../provider/shape.ts";
import { extendedKeyUsages, keyUsages } from "./usages.ts";

const text = { type: "string" } as const;
export const subjectFields = {
    country: text,
    organization: text,
    organizationalUnit: text,
    locality: text,
    province: text,
    streetAddresses: { type: "list", items: text },
    postalCode: text,
    commonName: text,
    serialNumber: text,
    emailAddress: text,
} as const satisfies Shape;

export type Subject = Partial<Record<keyof typeof subjectFields, string | string[]>>;

/** In the order in which Go writes them into a name. */
const attributes: readonly [keyof Subject, string][] = [
    ["country", "2.5.4.6"],
    ["organization", "2.5.4.10"],
    ["organizationalUnit", "2.5.4.11"],
    ["locality", "2.5.4.7"],
    ["province", "2.5.4.8"],
    ["streetAddresses", "2.5.4.9"],
    ["postalCode", "2.5.4.17"],
    ["commonName", "2.5.4.3"],
    ["serialNumber", "2.5.4.5"],
    ["emailAddress", "1.2.840.113549.1.9.1"],
];

export interface CertificateRequest {
    privateKeyPem: string;
    start: Date;
    end: Date;
    allowedUses: string[];
    subject: Subject;
    dnsNames: string[];
    ipAddresses: string[];
    uris: string[];
    authority: boolean;
    maxPathLength: number | undefined;
    setSubjectKeyId: boolean;
    setAuthorityKeyId: boolean;
}

export interface Certificate {
    pem: string;
    /** Decimal. */
    serialNumber: string;
    keyAlgorithm: "RSA" | "ECDSA" | "ED25519";
}

export async function signCertificate(request: CertificateRequest): Promise<Certificate> {
    const name = distinguishedName(request.subject);
    if (request.authority && name.length === 0) {
        throw new Error(
            "Invalid Certificate Subject: must contain at least one Distinguished Name when " +
                "creating Certificate Authority (CA)",
        );
    }
    const key = createPrivateKey(request.privateKeyPem);
    const { keyAlgorithm, keys, signing } = await importKey(key);
    const serial = randomBytes(16);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        serialNumber: serial.toString("hex"),
        name: new x509.Name(name),
        notBefore: request.start,
        notAfter: request.end,
        keys,
        signingAlgorithm: signing,
        extensions: extensions(request, subjectKeyId(key), name.length === 0),
    });
    return {
        pem: `${certificate.toString("pem")}\n`,
        serialNumber: BigInt(`0x${serial.toString("hex")}`).toString(),
        keyAlgorithm,
    };
}

function distinguishedName(subject: Subject): x509.JsonName {
    return attributes.flatMap(([field, oid]) => {
        const value = subject[field];
        return value === undefined || value.length === 0
            ? []
            : [{ [oid]: typeof value === "string" ? [value] : value }];
    });
}

async function importKey(key: KeyObject) {
    const [keyAlgorithm, parameters, signing] = algorithms(key);
    const { subtle } = webcrypto;
    const pkcs8 = key.export({ type: "pkcs8", format: "der" });
    const spki = createPublicKey(key).export({ type: "spki", format: "der" });
    const keys = {
        privateKey: await subtle.importKey("pkcs8", pkcs8, parameters, true, ["sign"]),
        publicKey: await subtle.importKey("spki", spki, parameters, true, ["verify"]),
    };
    return { keyAlgorithm, keys, signing };
}

/** The algorithms that Go chooses for a key. */
function algorithms(key: KeyObject) {
    const curve = key.asymmetricKeyDetails?.namedCurve;
    switch (key.asymmetricKeyType) {
        case "rsa": {
            const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
            return ["RSA", rsa, rsa] as const;
        }
        case "ed25519":
            return ["ED25519", { name: "Ed25519" }, { name: "Ed25519" }] as const;
        case "ec":
            switch (curve) {
                case "prime256v1":
                    return ecdsa("P-256", "SHA-256");
                case "secp384r1":
                    return ecdsa("P-384", "SHA-384");
                case "secp521r1":
                    return ecdsa("P-521", "SHA-512");
            }
    }
    throw new Error(
        `the stand-in for the tls plugin makes no certificates for ${curve ?? key.asymmetricKeyType} keys`,
    );
}

function ecdsa(namedCurve: string, hash: string) {
    return ["ECDSA", { name: "ECDSA", namedCurve }, { name: "ECDSA", hash }] as const;
}

function extensions(
    request: CertificateRequest,
    keyId: string,
    nameIsEmpty: boolean,
): x509.Extension[] {
    const made: x509.Extension[] = [];
    const usage = request.allowedUses.reduce((flags, use) => flags | (keyUsages[use] ?? 0), 0);
    if (usage !== 0) {
        made.push(new x509.KeyUsagesExtension(usage, true));
    }
    const extended = request.allowedUses.flatMap((use) => extendedKeyUsages[use] ?? []);
    if (extended.length > 0) {
        made.push(new x509.ExtendedKeyUsageExtension(extended));
    }
    const depth = request.maxPathLength;
    const limited = request.authority && depth !== undefined && depth > 0 ? depth : undefined;
    made.push(new x509.BasicConstraintsExtension(request.authority, limited, true));
    const hasKeyId = request.authority || request.setSubjectKeyId;
    if (hasKeyId) {
        made.push(new x509.SubjectKeyIdentifierExtension(keyId));
    }
    if (request.setAuthorityKeyId) {
        if (!hasKeyId) {
            throw new Error(
                "Invalid Certificate Authority: could not determine Authority Key Identifier",
            );
        }
        made.push(new x509.AuthorityKeyIdentifierExtension(keyId));
    }
    const names: x509.JsonGeneralNames = [
        ...request.dnsNames.map((value) => ({ type: "dns" as const, value })),
        ...request.ipAddresses.map((value) => ({ type: "ip" as const, value })),
        ...request.uris.map((value) => ({ type: "url" as const, value })),
    ];
    if (names.length > 0) {
        made.push(new x509.SubjectAlternativeNameExtension(names, nameIsEmpty));
    }
    return made;
}

/** SHA-1 of the public key, in hexadecimal: of what the real plugin takes for it, which differs by algorithm. */
function subjectKeyId(key: KeyObject): string {
    const publicKey = createPublicKey(key);
    return createHash("sha1").update(rawPublicKey(publicKey)).digest("hex");
}

function rawPublicKey(key: KeyObject): Buffer {
    if (key.asymmetricKeyType === "rsa") {
        return key.export({ type: "pkcs1", format: "der" });
    }
    const { x = "", y = "" } = key.export({ format: "jwk" });
    const [left, right] = [Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
    return key.asymmetricKeyType === "ec"
        ? Buffer.concat([Buffer.of(4), left, right]) // an uncompressed point
        : Buffer.concat([Buffer.of(4, left.length), left]); // an OCTET STRING
}
