import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { Login } from "../login";
import type { MeshNode } from "../node";
import { isPlain, refuse, type Problem } from "../problems";
import { certificateProblems } from "./certificate";
import { fernetKeyFrom, flowerUser } from "./renderSecrets";

/** A certificate for the web UI. */
export interface Certificate {
    /** PEM, with its chain. */
    certificate: pulumi.Input<string>;
    /** PEM; kept as a secret. */
    key: pulumi.Input<string>;
}

/** What the certificate is for, or the certificate itself. */
export interface AirflowSecretsArgs {
    /** The nodes whose names and addresses the certificate is for, from 1. */
    nodes: MeshNode[];
    /**
     * A certificate that browsers know.
     * @default a self-signed one, of 825 days, that `pulumi up` renews in its last 90
     */
    certificate?: Certificate;
}

/** What all nodes' Airflow has to have in common: keys, logins and the web UI's certificate. */
export class AirflowSecrets extends pulumi.ComponentResource {
    /** Encrypts connections and variables in the database: another one makes those unreadable. Secret. */
    readonly fernetKey: pulumi.Output<string>;
    /** Signs the tokens of tasks and of API clients. Secret. */
    readonly jwtSecret: pulumi.Output<string>;
    /** Signs sessions, and the requests for logs between the nodes. Secret. */
    readonly apiSecretKey: pulumi.Output<string>;
    /** The web UI's first user, with all rights. */
    readonly admin: Login;
    /** Flower's only user. */
    readonly flower: Login;
    /** PEM: what the web UI shows. */
    readonly certificate: pulumi.Output<string>;
    /** PEM; secret. */
    readonly certificateKey: pulumi.Output<string>;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that says what is wrong with an own certificate that is plain text; nothing is made then.
     */
    constructor(name: string, args: AirflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:AirflowSecrets", name, {}, opts);
        refuse(this, name, args.certificate ? ownProblems(args.certificate) : []);

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
        // Sorted: another order of the nodes is no other certificate.
        const names = nodes.map((node) => node.name).sort();
        const addresses = pulumi.all(
            nodes.flatMap((node) => [node.publicAddress, node.meshAddress]),
        );
        const key = new tls.PrivateKey(
            `${name}-certificate-key`,
            { algorithm: "ECDSA", ecdsaCurve: "P256" },
            { parent: this },
        );
        const { certPem } = new tls.SelfSignedCert(
            `${name}-certificate`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: { commonName: names[0], organization: "airflow-ha" },
                dnsNames: names,
                ipAddresses: addresses.apply((plain) => plain.sort()),
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

/** What comes as an output is the business of the resource that made it. */
function ownProblems({ certificate, key }: Certificate): Problem[] {
    return isPlain(certificate) && isPlain(key)
        ? certificateProblems({ certificate, key }).map((line) =>
              line
                  .replace(/^certificate:/, "certificate.certificate:")
                  .replace(/^certificateKey:/, "certificate.key:"),
          )
        : [];
}
