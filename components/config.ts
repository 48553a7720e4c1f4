import * as pulumi from "@pulumi/pulumi";
import { certificateProblems, type OwnCertificate } from "./airflow/certificate";
import { airflowProblems } from "./airflow/validate";
import { dagsProblems, type DagsConfig } from "./dagsync/config";
import { etcdProblems } from "./etcd/validate";
import type { ExistingMachine } from "./machines/existing";
import { existingProblems, machinesProblems, privateCidrProblems } from "./machines/validate";
import { balancerProblems, typeProblems } from "./machines/validateBalancer";
import { privateKeyProblems } from "./machines/validateKey";
import { anywhere } from "./machines/exposure";
import { failoverProblems, type FailoverArgs } from "./patroni/failover";
import { parameterProblems } from "./patroni/parameters";
import { problem, refuseConfiguration, type Problem } from "./problems";
import { meshProblems } from "./wireguard/validate";

/** The stack's configuration. Descriptions and defaults are in Pulumi.yaml. */
export interface StackConfig {
    machines: ExistingMachine[];
    locations: string[];
    namePrefix: string;
    serverType: string;
    protection: boolean;
    adminCidrs: string[];
    webCidrs: string[];
    httpsPort: number;
    wireguardPort: number;
    meshCidr: string;
    postgresParameters: Record<string, string>;
    failover: FailoverArgs;
    dags: DagsConfig;
    workerConcurrency: number;
    defaultTaskRetries: number;
    workerStopTimeout: number;
    /** The web UI's own one. */
    certificate?: OwnCertificate;
    /** Empty: there is no load balancer. */
    domain: string;
    dnsZone: string;
    loadBalancerType: string;
    /** Only with a load balancer. */
    privateCidr?: string;
}

/** SSH keys: the one that opens machines that are there, and the one for the DAGs' upstream; empty when it is not set. */
interface Keys {
    privateKey: pulumi.Output<string>;
    dagsUpstreamKey: pulumi.Input<string>;
}

/** Reads the configuration; everything that is wrong with it is one error, before the first resource. */
export function loadConfig(): StackConfig & Keys {
    const config = new pulumi.Config();
    const parameters = config.requireObject<Record<string, unknown>>("postgresParameters");
    const loaded: StackConfig = {
        machines: config.requireObject("machines"),
        locations: config.requireObject("locations"),
        namePrefix: config.require("namePrefix"),
        serverType: config.require("serverType"),
        protection: config.requireBoolean("protection"),
        adminCidrs: config.requireObject("adminCidrs"),
        webCidrs: config.requireObject("webCidrs"),
        httpsPort: config.requireNumber("httpsPort"),
        wireguardPort: config.requireNumber("wireguardPort"),
        meshCidr: config.require("meshCidr"),
        postgresParameters: strings(parameters),
        failover: config.requireObject("failover"),
        dags: config.requireObject("dags"),
        workerConcurrency: config.requireNumber("workerConcurrency"),
        defaultTaskRetries: config.requireNumber("defaultTaskRetries"),
        workerStopTimeout: config.requireNumber("workerStopTimeout"),
        certificate: ownCertificate(config),
        domain: config.require("domain"),
        dnsZone: config.require("dnsZone"),
        loadBalancerType: config.require("loadBalancerType"),
        privateCidr: config.require("domain") ? config.require("privateCidr") : undefined,
    };
    const upstreamKey = config.require("dagsUpstreamKey");
    refuseConfiguration(
        pulumi.getStack(),
        [
            ...unknownKeyProblems(Object.keys(pulumi.runtime.allConfig()), Object.keys(loaded)),
            ...configProblems(loaded),
            ...dagsProblems(loaded.dags, upstreamKey),
            ...scalarProblems("postgresParameters", parameters),
            ...(loaded.domain === "" ? privateCidrProblems(config.require("privateCidr")) : []),
            ...(loaded.machines.length > 0 ? keyProblems(config) : tokenProblems()),
        ].map(withCommand),
    );
    warnOfOpenDoor(loaded);
    return {
        ...loaded,
        privateKey: config.requireSecret("privateKey"),
        dagsUpstreamKey: upstreamKey === "" ? "" : config.requireSecret("dagsUpstreamKey"),
    };
}

/** What is wrong with the configuration as a whole; each line names the key. */
export function configProblems(config: StackConfig): Problem[] {
    const { adminCidrs, webCidrs, machines } = config;
    const own = machines.length > 0;
    const names = own
        ? machines.map((machine) => machine.name)
        : config.locations.map((location) => `${config.namePrefix}-${location}`);
    const problems = [
        ...(own
            ? existingProblems(config)
            : machinesProblems({ ...config, privateCidr: undefined })),
        // Two that are equal have been named already.
        ...meshProblems({
            ...config,
            count: new Set(names).size,
            elsewhere: {
                adminCidrs,
                webCidrs,
                machines: machines.map(({ address }) => `${address}/32`),
            },
        }),
        ...etcdProblems({ nodes: names }).map((line) =>
            line.replace(/^nodes:/, own ? "machines:" : "locations:"),
        ),
        ...parameterProblems(config.postgresParameters).map((line) =>
            line.replace(/^parameters/, "postgresParameters"),
        ),
        ...failoverProblems(config.failover),
        ...airflowProblems(config),
        ...(config.certificate ? certificateProblems(config.certificate) : []),
        ...loadBalancerProblems(config),
    ];
    // A port is an argument of two components.
    return [...new Set(problems)];
}

/** Pulumi takes any key, so a misspelt one would be a setting that has no effect. */
export function unknownKeyProblems(given: string[], known: string[]): Problem[] {
    const project = `${pulumi.getProject()}:`;
    const all = [...known, "privateKey", "certificateKey", "dagsUpstreamKey"].sort();
    return given
        .filter((key) => key.startsWith(project))
        .map((key) => key.slice(project.length))
        .filter((key) => !all.includes(key))
        .map((key) => `${key}: there is no such setting; there are ${all.join(", ")}`);
}

function loadBalancerProblems(config: StackConfig): Problem[] {
    const { domain, dnsZone, privateCidr = "", meshCidr, adminCidrs, webCidrs } = config;
    if (domain === "") {
        return [
            ...typeProblems(config.loadBalancerType),
            ...(dnsZone === ""
                ? []
                : [problem("dnsZone", dnsZone, "without domain it has no meaning")]),
        ];
    }
    if (config.machines.length > 0) {
        const allowed = "Hetzner's load balancer is for machines that the stack makes there";
        return [problem("domain", domain, `${allowed}, not for those of machines`)];
    }
    const elsewhere = { meshCidr: [meshCidr], adminCidrs, webCidrs };
    return balancerProblems({ ...config, privateCidr, elsewhere });
}

/** Who closes the machines to the world might take the load balancer for closed, too. */
function warnOfOpenDoor({ domain, webCidrs }: StackConfig): void {
    if (domain !== "" && !anywhere.every((network) => webCidrs.includes(network))) {
        void pulumi.log.warn(
            `webCidrs: only the machines' own addresses are closed to others; https://${domain} is open to ` +
                "everybody, since Hetzner's load balancers have no filter of sources",
        );
    }
}

function keyProblems(config: pulumi.Config): Problem[] {
    const key = config.get("privateKey");
    return key
        ? privateKeyProblems(key)
        : ["privateKey: nothing is set; the SSH key that opens the machines is needed"];
}

function tokenProblems(): Problem[] {
    const token = new pulumi.Config("hcloud").get("token") ?? process.env.HCLOUD_TOKEN;
    return token
        ? []
        : ["hcloud:token: nothing is set; an API token of a Hetzner Cloud project is needed"];
}

/** How to set what a stack has to be told, by key. */
const commands: Record<string, string> = {
    adminCidrs: "pulumi config set --path 'adminCidrs[0]' 203.0.113.7/32",
    "hcloud:token": "pulumi config set --secret hcloud:token",
    dnsZone: "pulumi config set dnsZone example.com",
    privateKey: "pulumi config set --secret privateKey <FILE",
    dagsUpstreamKey: "pulumi config set --secret dagsUpstreamKey <FILE",
    certificateKey: "pulumi config set --secret certificateKey <FILE",
    certificate: "pulumi config set certificate <FILE",
};

/** The line, and, where it is about a whole setting that has no default, the command that sets it. */
function withCommand(line: Problem): Problem {
    const key = Object.keys(commands).find((each) => line.startsWith(`${each}: `));
    return key ? `${line}: ${commands[key]}` : line;
}

function ownCertificate(config: pulumi.Config): OwnCertificate | undefined {
    const [certificate, key] = [config.require("certificate"), config.require("certificateKey")];
    return certificate || key ? { certificate, key } : undefined;
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
    return ["string", "number", "boolean"].includes(typeof value);
}

/** Values such as `8` and `true` come as numbers and booleans from YAML; PostgreSQL takes text. */
function strings(values: Record<string, unknown>): Record<string, string> {
    const scalars = Object.entries(values).filter((entry): entry is [string, Scalar] =>
        isScalar(entry[1]),
    );
    return Object.fromEntries(scalars.map(([key, value]) => [key, String(value)]));
}

/** What `strings` leaves out. */
function scalarProblems(argument: string, values: Record<string, unknown>): Problem[] {
    return Object.entries(values)
        .filter(([, value]) => !isScalar(value))
        .map(([key, value]) =>
            problem(`${argument}.${key}`, value, "text, a number, true or false is needed"),
        );
}
