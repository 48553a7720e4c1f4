import { generateKeyPairSync } from "node:crypto";
import { utils } from "ssh2";
import { privateKeyProblems } from "../../components/machines/validateKey";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ed25519 = generateKeyPairSync("ed25519");
const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const passphrase = { cipher: "aes-256-cbc", passphrase: "secret" };

const none = [
    "privateKey: it is no SSH private key; the text of one in OpenSSH's or PEM format without a passphrase is needed",
];
const encrypted = [
    "privateKey: it has a passphrase; one in OpenSSH's or PEM format without a passphrase is needed",
];

test.each([
    ["OpenSSH", utils.generateKeyPairSync("ed25519").private],
    ["RSA in PEM", rsa.export({ type: "pkcs1", format: "pem" })],
    ["EC in PEM", ec.export({ type: "sec1", format: "pem" })],
    ["PKCS #8", ed25519.privateKey.export(pkcs8)],
])("a key as %s is taken, also as a setting from a file has it", (_, key) => {
    expect(privateKeyProblems(key)).toEqual([]);
    expect(privateKeyProblems(key.toString().trim())).toEqual([]);
    expect(privateKeyProblems(key.toString().replaceAll("\n", "\r\n"))).toEqual([]);
});

test.each([
    [
        "OpenSSH",
        utils.generateKeyPairSync("ed25519", {
            cipher: "aes256-ctr",
            rounds: 1,
            passphrase: "secret",
        }).private,
    ],
    ["RSA in PEM", rsa.export({ type: "pkcs1", format: "pem", ...passphrase })],
    ["PKCS #8", rsa.export({ ...pkcs8, ...passphrase })],
])("a key as %s with a passphrase is refused", (_, key) => {
    expect(privateKeyProblems(key)).toEqual(encrypted);
});

const whole = utils.generateKeyPairSync("ed25519");
test.each<[string, unknown]>([
    ["a public key", whole.public],
    ["a public key in PEM", ed25519.publicKey.export({ type: "spki", format: "pem" })],
    ["a path", "/root/.ssh/id_ed25519"],
    ["the first half of a key", whole.private.slice(0, 200)],
    ["a key whose lines are one", whole.private.replaceAll("\n", " ")],
    ["a key that is not for SSH", generateKeyPairSync("x25519").privateKey.export(pkcs8)],
    ["what looks like one", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    ["nothing", ""],
    ["no text", undefined],
])("%s is refused and not shown", (_, key) => {
    expect(privateKeyProblems(key)).toEqual(none);
});
