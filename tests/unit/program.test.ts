import { loadConfig } from "../../components/config";
import { record, type Registered } from "../helpers/mocks";
import { configure, recordProgram } from "../helpers/program";
import { hostKey } from "../helpers/sshKey";

jest.setTimeout(60_000);

const project = "airflow-ha";

test("what a stack is not told yet is named at once, with the command that sets it", async () => {
    delete process.env.HCLOUD_TOKEN;
    await record(() => {
        configure("prod", {
            [`${project}:certificate`]: "no certificate",
            [`${project}:workerConcurency`]: 6,
        });
        expect(() => loadConfig()).toThrow(
            [
                'configuration of stack "stack" has 5 problems:',
                "  - workerConcurency: there is no such setting; there are adminCidrs, certificate, certificateKey, dags, dagsUpstreamKey, " +
                    "defaultTaskRetries, dnsZone, domain, failover, httpsPort, loadBalancerType, locations, machines, " +
                    "meshCidr, namePrefix, postgresParameters, privateCidr, privateKey, protection, serverType, webCidrs, " +
                    "wireguardPort, workerConcurrency, workerStopTimeout",
                "  - adminCidrs: got []; at least one network in CIDR notation is needed: " +
                    "pulumi config set --path 'adminCidrs[0]' 203.0.113.7/32",
                "  - certificate: it is no PEM certificate: " +
                    "pulumi config set certificate <FILE",
                "  - certificateKey: it is no PEM private key without a passphrase: " +
                    "pulumi config set --secret certificateKey <FILE",
                "  - hcloud:token: nothing is set; an API token of a Hetzner Cloud project is needed: " +
                    "pulumi config set --secret hcloud:token",
            ].join("\n"),
        );
    });
});

describe.each(["dev", "prod", "lab"] as const)("index.ts with Pulumi.%s.yaml", (stack) => {
    let registered: Registered[];

    beforeAll(async () => {
        registered = await recordProgram(stack);
    });

    test("is made of these components", () => {
        const components = registered
            .filter(({ type }) => type.startsWith(`${project}:index:`))
            .map(({ type, name }) => `${type.split(":")[2]} ${name}`);
        expect(components).toEqual([
            "HetznerMachines airflow",
            "WireGuardMesh mesh",
            "EtcdCluster etcd",
            "PatroniPostgres postgres",
            "RabbitCluster rabbit",
            "DagSync dags",
            "AirflowSecrets airflow",
            "AirflowNode airflow-nbg1",
            "AirflowNode airflow-fsn1",
            "AirflowNode airflow-hel1",
        ]);
    });

    test("everything else belongs to one of them", () => {
        const strays = registered.filter(
            ({ type, parent }) => !type.startsWith(`${project}:index:`) && !/^[a-z]/.test(parent),
        );
        expect(strays).toEqual([]);
    });

    test("every password is made by a resource that keeps it encrypted", () => {
        const kinds = new Set(
            registered.map(({ type }) => type).filter((type) => type.startsWith("random:")),
        );
        expect([...kinds]).toEqual(["random:index/randomPassword:RandomPassword"]);
    });
});

test("with a domain a load balancer is put in front, and says what webCidrs does not close", async () => {
    const warn = jest.spyOn(console, "warn").mockReturnValue();
    const registered = await recordProgram("prod", {
        [`${project}:domain`]: "airflow.example.com",
        [`${project}:dnsZone`]: "example.com",
        [`${project}:webCidrs`]: ["203.0.113.0/24"],
    });
    const named = (name: string) => registered.find((each) => each.name === name);

    expect(named("web")?.type).toBe(`${project}:index:HetznerLoadBalancer`);
    expect(named("web-network")?.inputs).toMatchObject({ deleteProtection: true });
    expect(JSON.stringify(named("airflow-fsn1-haproxy-config")?.inputs)).toContain(
        "bind 10.91.0.4:8082 transparent",
    );
    expect(JSON.stringify(named("airflow-fsn1-nftables")?.inputs)).toContain(
        "ip saddr { 10.91.0.2/32 } tcp dport 8082 accept",
    );
    const rules = named("airflow-firewall")?.inputs.rules as { port: string }[];
    expect(rules.map(({ port }) => port)).toEqual(["22", "443", "51820"]);
    expect(warn).toHaveBeenCalledWith(
        "warning: [runtime] webCidrs: only the machines' own addresses are closed to others; " +
            "https://airflow.example.com is open to everybody, since Hetzner's load balancers have no filter of sources",
    );
    warn.mockRestore();
});

test.each([
    ["", "nothing is set; the SSH key that opens the machines is needed"],
    [
        "/root/.ssh/airflow",
        "it is no SSH private key; the text of one in OpenSSH's or PEM format without a passphrase is needed",
    ],
])("machines with the key %j are refused, with the command that sets it", async (key, message) => {
    const machines = ["one", "two", "three"].map((name, index) => ({
        name,
        address: `203.0.113.${index + 1}`,
        hostKey,
    }));
    await record(() => {
        configure("lab", { [`${project}:machines`]: machines, [`${project}:privateKey`]: key });
        expect(() => loadConfig()).toThrow(
            'configuration of stack "stack" has 1 problem:\n' +
                `  - privateKey: ${message}: pulumi config set --secret privateKey <FILE`,
        );
    });
});

test("a PostgreSQL parameter that is no single value is refused by its name", async () => {
    process.env.HCLOUD_TOKEN = "token";
    const good = { max_connections: 200, jit: false, work_mem: "8MB" };
    await record(() => {
        const wrong = { search_path: ["a", "b"], extra_float_digits: { a: 1 }, timezone: null };
        configure("lab", { [`${project}:postgresParameters`]: { ...good, ...wrong } });
        expect(() => loadConfig()).toThrow(
            [
                'configuration of stack "stack" has 3 problems:',
                '  - postgresParameters.search_path: got ["a","b"]; text, a number, true or false is needed',
                '  - postgresParameters.extra_float_digits: got {"a":1}; text, a number, true or false is needed',
                "  - postgresParameters.timezone: got null; text, a number, true or false is needed",
            ].join("\n"),
        );
        configure("lab", { [`${project}:postgresParameters`]: good });
        expect(loadConfig().postgresParameters).toEqual({
            max_connections: "200",
            jit: "false",
            work_mem: "8MB",
        });
    });
});

test("without a zone the domain is refused, with the command that sets it", async () => {
    process.env.HCLOUD_TOKEN = "token";
    await record(() => {
        configure("lab", { [`${project}:domain`]: "airflow.example.com" });
        expect(() => loadConfig()).toThrow(
            "  - dnsZone: nothing is set; the zone at Hetzner DNS that holds the domain is needed: " +
                "pulumi config set dnsZone example.com",
        );
    });
});
