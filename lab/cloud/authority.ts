import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createHash, webcrypto } from "node:crypto";
import type { Authority } from "./store.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
/** Days that the authority, and a certificate of its, are valid. Those of Hetzner's last 90 as well. */
const lifetimes = { authority: 3650, certificate: 90 };

x509.cryptoProvider.set(webcrypto);

/** The lab's own authority: nobody knows it but who is given its certificate. */
export async function makeAuthority(): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        name: "CN=Certificates of the lab's cloud",
        ...validFor(lifetimes.authority),
        keys,
        signingAlgorithm: algorithm,
        extensions: [
            new x509.BasicConstraintsExtension(true, 0, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
            await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
    });
    return { certificate: certificate.toString("pem"), key: await pemOf(keys.privateKey) };
}

/** A certificate for these names, followed by the authority's. */
export async function issue(authority: Authority, names: string[]) {
    const issuer = new x509.X509Certificate(authority.certificate);
    const signingKey = await webcrypto.subtle.importKey(
        "pkcs8",
        x509.PemConverter.decodeFirst(authority.key),
        algorithm,
        false,
        ["sign"],
    );
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${names[0]}`,
        issuer: issuer.subject,
        ...validFor(lifetimes.certificate),
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: algorithm,
        extensions: [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
            new x509.SubjectAlternativeNameExtension(
                names.map((value) => ({ type: "dns", value })),
            ),
            await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ],
    });
    const print = createHash("sha1").update(Buffer.from(certificate.rawData)).digest("hex");
    return {
        certificate: `${certificate.toString("pem")}\n${authority.certificate}\n`,
        key: await pemOf(keys.privateKey),
        fingerprint: (print.match(/../g) ?? []).join(":"),
        not_valid_before: certificate.notBefore.toISOString(),
        not_valid_after: certificate.notAfter.toISOString(),
    };
}

function validFor(days: number): { notBefore: Date; notAfter: Date } {
    const now = Date.now();
    return { notBefore: new Date(now - 60_000), notAfter: new Date(now + days * day) };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
    return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
