import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { KeyObject, webcrypto } from "node:crypto";
import type { OwnCertificate } from "../../components/airflow/certificate";

/** ms */
export const day = 24 * 3600 * 1000;

/** A certificate of 90 days until then, and its key. */
export async function ownCertificate(lastDay: Date): Promise<OwnCertificate> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.createSelfSigned({
        name: "CN=airflow.example.com",
        notBefore: new Date(lastDay.getTime() - 90 * day),
        notAfter: lastDay,
        keys,
        signingAlgorithm: algorithm,
    });
    const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
    return { certificate: certificate.toString("pem"), key: key.toString() };
}
