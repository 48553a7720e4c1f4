import { certificateProblems } from "../../components/airflow/certificate";
import { day, ownCertificate } from "../helpers/certificate";

const tomorrow = new Date(Date.now() + day);

test("a certificate with its key is taken", async () => {
    expect(certificateProblems(await ownCertificate(tomorrow))).toEqual([]);
});

test("one that has ended is refused", async () => {
    expect(certificateProblems(await ownCertificate(new Date("2026-01-02T03:04:05Z")))).toEqual([
        "certificate: it was valid until Jan  2 03:04:05 2026 GMT",
    ]);
});

test("another one's key is refused", async () => {
    const [one, other] = [await ownCertificate(tomorrow), await ownCertificate(tomorrow)];
    expect(certificateProblems({ ...one, key: other.key })).toEqual([
        "certificateKey: it is not the certificate's",
    ]);
});

test("what is missing or was mixed up is named and not shown", async () => {
    const { certificate, key } = await ownCertificate(tomorrow);
    const noCertificate = "certificate: it is no PEM certificate";
    const noKey = "certificateKey: it is no PEM private key without a passphrase";
    expect(certificateProblems({ certificate, key: "" })).toEqual([noKey]);
    expect(certificateProblems({ certificate: "", key })).toEqual([noCertificate]);
    expect(certificateProblems({ certificate: key, key: certificate })).toEqual([
        noCertificate,
        noKey,
    ]);
});
