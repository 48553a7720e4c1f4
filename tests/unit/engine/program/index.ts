import * as command from "@pulumi/command";
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

/** One of each type of resource that the stand-ins have and airflow-ha uses. */
const config = new pulumi.Config();
const generation = config.get("generation") ?? "1";

export const key = new tls.PrivateKey("key", { algorithm: "ED25519" });
const certKey = new tls.PrivateKey("cert-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
new tls.SelfSignedCert("cert", {
    privateKeyPem: certKey.privateKeyPem,
    validityPeriodHours: 24,
    allowedUses: ["digital_signature", "server_auth"],
    subject: { commonName: "airflow" },
    dnsNames: ["localhost"],
});
const password = new random.RandomPassword("password", { length: 32 });

const sshKey = new hcloud.SshKey("ssh-key", {
    name: "airflow",
    publicKey: key.publicKeyOpenssh.apply((line) => line.trim()),
});
const firewall = new hcloud.Firewall("firewall", {
    name: "airflow",
    rules: [{ direction: "in", protocol: "tcp", port: "22", sourceIps: ["0.0.0.0/0", "::/0"] }],
});
new hcloud.Server(
    "server",
    {
        name: "airflow-nbg1",
        location: "nbg1",
        serverType: "cx33",
        image: "debian-13",
        sshKeys: [sshKey.id],
        firewallIds: [firewall.id.apply(Number)],
        userData: pulumi.interpolate`#cloud-config\n${key.privateKeyOpenssh}`,
    },
    { ignoreChanges: ["image", "sshKeys", "userData"] },
);

const connection = {
    host: "127.0.0.1",
    port: config.requireNumber("port"),
    privateKey: config.requireSecret("userKey"),
    hostKey: config.require("hostKey"),
};
const replaced = {
    connection,
    triggers: [generation],
    addPreviousOutputInEnv: false,
};
new command.remote.Command("after", {
    ...replaced,
    create: `: create after ${generation}; true`,
    delete: `: delete after ${generation}; true`,
});
new command.remote.Command(
    "before",
    {
        ...replaced,
        create: `: create before ${generation}; true`,
        delete: `: delete before ${generation}; true`,
    },
    { deleteBeforeReplace: true },
);
const file = new command.remote.Command("file", {
    connection,
    create: "cat",
    stdin: `work_mem = 4MB\nmax_connections = ${generation}00\n`,
});
new command.remote.Command("secret-file", {
    connection,
    create: "cat > /dev/null",
    stdin: pulumi.interpolate`${password.result}\n`,
});

export const written = file.stdout;
export const passwordText = password.result;
