import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { MeshNode } from "../node";
import { fernetKeyFrom, flowerUser } from "./renderSecrets";

export interface AirflowSecretsArgs {
    /** The nodes whose names and addresses the certificate is for. */
    nodes: MeshNode[];
    /**
     * The web UI's own certificate (PEM, with its chain) and its key (PEM).
     * @default a self-signed one, of 825 days, that `pulumi up` renews in its last 90
     */
    certificate?: { certificate: pulumi.Input<string>; key: pulumi.Input<string> };
}

export interface Login {
    user: string;
    password: pulumi.Output<string>;
}

/** What all nodes' Airflow has to have in common: keys, logins and the web UI's certificate. */
export class AirflowSecrets extends pulumi.ComponentResource {
    /** Encrypts connections and variables in the database: another one makes those unreadable. */
    readonly fernetKey: pulumi.Output<string>;
    /** Signs the tokens of tasks and of API clients. */
    readonly jwtSecret: pulumi.Output<string>;
    /** Signs sessions, and the requests for logs between the nodes. */
    readonly apiSecretKey: pulumi.Output<string>;
    /** The web UI's first user, with all rights. */
    readonly admin: Login;
    readonly flower: Login;
    /** PEM. */
    readonly certificate: pulumi.Output<string>;
    /** PEM; secret. */
    readonly certificateKey: pulumi.Output<string>;

    constructor(name: string, args: AirflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:AirflowSecrets", name, {}, opts);

        this.fernetKey = this.createRandom(`${name}-fernet-key`, 64).apply(fernetKeyFrom);
        this.jwtSecret = this.createRandom(`${name}-jwt-secret`, 64);
        this.apiSecretKey = this.createRandom(`${name}-api-secret-key`, 64);
        this.admin = { user: "admin", password: this.createRandom(`${name}-admin-password`, 32) };
        this.flower = {
            user: flowerUser,
            password: this.createRandom(`${name}-flower-password`, 32),
        };
        const { certificate, key } = args.certificate ?? this.createCertificate(name, args.nodes);
        this.certificate = pulumi.output(certificate);
        this.certificateKey = pulumi.secret(key);

        this.registerOutputs({ certificate: this.certificate });
    }

    private createRandom(name: string, length: number): pulumi.Output<string> {
        const options = { parent: this, additionalSecretOutputs: ["result"] };
        return new random.RandomPassword(name, { length, special: false }, options).result;
    }

    private createCertificate(name: string, nodes: MeshNode[]) {
        const key = new tls.PrivateKey(
            `${name}-certificate-key`,
            { algorithm: "ECDSA", ecdsaCurve: "P256" },
            { parent: this },
        );
        const { certPem } = new tls.SelfSignedCert(
            `${name}-certificate`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: { commonName: nodes[0].name, organization: "airflow-ha" },
                dnsNames: nodes.map((node) => node.name),
                ipAddresses: nodes.flatMap((node) => [node.publicAddress, node.meshAddress]),
                allowedUses: ["digital_signature", "server_auth"],
                // Browsers of some vendors take none that is valid for longer.
                validityPeriodHours: 825 * 24,
                earlyRenewalHours: 90 * 24,
            },
            { parent: this },
        );
        return { certificate: certPem, key: key.privateKeyPem };
    }
}
