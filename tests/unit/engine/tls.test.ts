import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { utils } from "ssh2";
import { provider } from "../../../lab/engine/tls/provider.ts";
import { Plugin, type Resource } from "./plugin";

const keyType = "tls:index/privateKey:PrivateKey";
const certType = "tls:index/selfSignedCert:SelfSignedCert";
const keys = {
    RSA: { algorithm: "RSA", rsaBits: 2048 },
    ECDSA: { algorithm: "ECDSA", ecdsaCurve: "P256" },
    ED25519: { algorithm: "ED25519" },
};
type Algorithm = keyof typeof keys;
type Strings = Record<string, string>;

let plugin: Plugin;
beforeAll(async () => {
    plugin = await new Plugin(provider).start();
});
afterAll(() => plugin.stop());

describe.each([
    ["RSA", "ssh-rsa", "RSA PRIVATE KEY"],
    ["ECDSA", "ecdsa-sha2-nistp256", "EC PRIVATE KEY"],
    ["ED25519", "ssh-ed25519", "PRIVATE KEY"],
] as const)("a key of %s", (algorithm, sshType, label) => {
    let outputs: Strings;
    beforeAll(async () => {
        outputs = (await plugin.create(keyType, keys[algorithm])).outputs as Strings;
    });

    test("is PEM of its own kind, of PKCS #8 and of the public key", () => {
        expect(outputs.privateKeyPem).toMatch(pem(label));
        expect(outputs.privateKeyPemPkcs8).toMatch(pem("PRIVATE KEY"));
        expect(outputs.publicKeyPem).toMatch(pem("PUBLIC KEY"));
        const forms = [outputs.privateKeyPem ?? "", outputs.privateKeyPemPkcs8 ?? ""];
        for (const key of forms.map((form) => createPublicKey(createPrivateKey(form)))) {
            expect(key.export({ type: "spki", format: "pem" })).toBe(outputs.publicKeyPem);
        }
    });

    test("is OpenSSH's, as a file and as a line without a comment", () => {
        expect(outputs.privateKeyOpenssh).toMatch(pem("OPENSSH PRIVATE KEY"));
        expect(outputs.publicKeyOpenssh).toMatch(new RegExp(`^${sshType} [A-Za-z0-9+/]+=*\\n$`));
        const parsed = utils.parseKey(outputs.privateKeyOpenssh ?? "");
        if (parsed instanceof Error) {
            throw parsed;
        }
        const blob = parsed.getPublicSSH().toString("base64");
        expect(outputs.publicKeyOpenssh).toBe(`${sshType} ${blob}\n`);
    });

    test("has both fingerprints of OpenSSH", () => {
        expect(outputs.publicKeyFingerprintMd5).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
        expect(outputs.publicKeyFingerprintSha256).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    });
});

test("a key has the real plugin's defaults, and OpenSSH has no form of P224", async () => {
    const { outputs } = await plugin.create(keyType, { algorithm: "ECDSA" });

    expect(outputs).toMatchObject({ ecdsaCurve: "P224", rsaBits: 2048, publicKeyOpenssh: "" });
});

test("every change of a key makes a new one", async () => {
    const key = await plugin.create(keyType, keys.ED25519);
    const diff = await plugin.diff(keyType, key, keys.ECDSA);

    expect(diff.replaces).toEqual(["algorithm", "ecdsaCurve"]);
    expect((await plugin.diff(keyType, key, keys.ED25519)).changes).toBe("none");
    expect(await plugin.read(keyType, key)).toEqual(key);
});

describe.each(Object.keys(keys) as Algorithm[])("a certificate of an %s key", (algorithm) => {
    test("is signed by that key and says what was asked for", async () => {
        const key = (await plugin.create(keyType, keys[algorithm])).outputs as Strings;
        const { id, outputs } = await plugin.create(certType, {
            privateKeyPem: key.privateKeyPem,
            validityPeriodHours: 24,
            allowedUses: ["digital_signature", "server_auth"],
            subject: { commonName: "airflow", organization: "test" },
            dnsNames: ["localhost", "node"],
            ipAddresses: ["192.0.2.1", "2001:db8::1"],
        });
        const made = outputs as Strings;
        const certificate = new X509Certificate(made.certPem ?? "");

        expect(made.certPem).toMatch(pem("CERTIFICATE"));
        expect(made.keyAlgorithm).toBe(algorithm);
        expect(certificate.verify(createPublicKey(key.publicKeyPem ?? ""))).toBe(true);
        expect(certificate.checkPrivateKey(createPrivateKey(key.privateKeyPem ?? ""))).toBe(true);
        expect(certificate.subject).toBe("O=test\nCN=airflow");
        expect(certificate.issuer).toBe(certificate.subject);
        expect(certificate.subjectAltName).toBe(
            "DNS:localhost, DNS:node, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1",
        );
        expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
        expect(certificate.ca).toBe(false);
        expect(BigInt(`0x${certificate.serialNumber}`).toString()).toBe(id);
    });
});

describe("the validity of a certificate", () => {
    const wanted = { validityPeriodHours: 48, allowedUses: ["server_auth"], earlyRenewalHours: 24 };
    let inputs: Record<string, unknown>;
    let certificate: Resource;
    beforeAll(async () => {
        const { outputs } = await plugin.create(keyType, keys.ECDSA);
        inputs = { ...wanted, privateKeyPem: outputs.privateKeyPem, subject: { commonName: "x" } };
        certificate = await plugin.create(certType, inputs);
    });

    test("is the number of hours from now, in the state as in the certificate", () => {
        const { validityStartTime, validityEndTime, certPem } = certificate.outputs as Strings;
        const x509 = new X509Certificate(certPem ?? "");

        expect(validityStartTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        const hours =
            (Date.parse(validityEndTime ?? "") - Date.parse(validityStartTime ?? "")) / 3.6e6;
        expect(hours).toBe(48);
        expect(x509.validFromDate.getTime()).toBe(Date.parse(validityStartTime ?? ""));
        expect(x509.validToDate.getTime()).toBe(Date.parse(validityEndTime ?? ""));
    });

    test("is no difference before the hours of early renewal", async () => {
        expect((await plugin.diff(certType, certificate, inputs)).changes).toBe("none");
        expect((await plugin.read(certType, certificate))?.outputs.readyForRenewal).toBe(false);
    });

    test("makes a new certificate within them", async () => {
        const soon = new Date(Date.now() + 23 * 3.6e6).toISOString();
        const due = { ...certificate, outputs: { ...certificate.outputs, validityEndTime: soon } };

        expect((await plugin.diff(certType, due, inputs)).replaces).toEqual(["readyForRenewal"]);
        expect((await plugin.read(certType, due))?.outputs.readyForRenewal).toBe(true);
    });

    test("may have other early renewal in place; a longer one is a new certificate", async () => {
        const earlier = await plugin.diff(certType, certificate, {
            ...inputs,
            earlyRenewalHours: 1,
        });
        expect(earlier).toMatchObject({ changes: "some", replaces: [] });
        const longer = await plugin.diff(certType, certificate, {
            ...inputs,
            validityPeriodHours: 49,
        });
        expect(longer.replaces).toEqual(["validityPeriodHours"]);
    });
});

test("refuses what it does not implement", async () => {
    await expect(plugin.create("tls:index/certRequest:CertRequest", {})).rejects.toThrow(
        "the stand-in for the tls plugin does not implement tls:index/certRequest:CertRequest",
    );
    expect((await plugin.check(keyType, { algorithm: "DSA" })).failures).toEqual([
        'algorithm: expected one of RSA, ECDSA, ED25519, got "DSA"',
    ]);
    const { failures } = await plugin.check(certType, {
        privateKeyPem: "x",
        validityPeriodHours: 1,
        allowedUses: ["flying"],
        privateKeyPemWo: "x",
    });
    expect(failures).toEqual([
        expect.stringMatching(/^allowedUses\[0\]: expected one of .*, got "flying"$/),
        "privateKeyPemWo: this property is not implemented by the stand-in plugin",
    ]);
});

function pem(label: string): RegExp {
    return new RegExp(
        `^-----BEGIN ${label}-----\\n([A-Za-z0-9+/=]+\\n)+-----END ${label}-----\\n$`,
    );
}
