import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { KeyObject, webcrypto } from "node:crypto";
import { certificateProblems, type OwnCertificate } from "../../components/airflow/certificate";

const day = 24 * 3600 * 1000;

async function made(lastDay: Date): Promise<OwnCertificate> {
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

const tomorrow = new Date(Date.now() + day);

test("a certificate with its key is taken", async () => {
    expect(certificateProblems(await made(tomorrow))).toEqual([]);
});

test("one that has ended is refused", async () => {
    expect(certificateProblems(await made(new Date("2026-01-02T03:04:05Z")))).toEqual([
        "certificate: it was valid until Jan  2 03:04:05 2026 GMT",
    ]);
});

test("another one's key is refused", async () => {
    const [one, other] = [await made(tomorrow), await made(tomorrow)];
    expect(certificateProblems({ ...one, key: other.key })).toEqual([
        "certificateKey: it is not the certificate's",
    ]);
});

test("what is missing or was mixed up is named and not shown", async () => {
    const { certificate, key } = await made(tomorrow);
    const noCertificate = "certificate: it is no PEM certificate";
    const noKey = "certificateKey: it is no PEM private key without a passphrase";
    expect(certificateProblems({ certificate, key: "" })).toEqual([noKey]);
    expect(certificateProblems({ certificate: "", key })).toEqual([noCertificate]);
    expect(certificateProblems({ certificate: key, key: certificate })).toEqual([
        noCertificate,
        noKey,
    ]);
});
