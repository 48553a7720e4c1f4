import { configProblems } from "../../components/config";
import {
    ExistingMachines,
    type ExistingMachine,
    type ExistingMachinesArgs,
} from "../../components/machines/existing";
import { existingProblems } from "../../components/machines/validate";
import { asRoot } from "../../components/remote/shell";
import { WireGuardMesh } from "../../components/wireguard/mesh";
import { record, type Registered } from "../helpers/mocks";
import { hostKey as key, sshKey } from "../helpers/sshKey";

const hostKey = `${key} root@one`;
const machines: ExistingMachine[] = [
    { name: "one", address: "203.0.113.1", hostKey },
    { name: "two", address: "203.0.113.2", hostKey, user: "ops", sshPort: 2222 },
    { name: "three", address: "203.0.113.3", hostKey, location: "cellar" },
];
const plan = {
    machines,
    adminCidrs: ["203.0.113.0/24"],
    webCidrs: ["0.0.0.0/0"],
    httpsPort: 443,
    wireguardPort: 51820,
};

const stack = {
    ...plan,
    locations: ["nowhere"],
    namePrefix: "",
    serverType: "",
    protection: false,
    meshCidr: "10.90.0.0/24",
    postgresParameters: {},
    failover: {},
    dags: { kind: "csync2" as const },
    workerConcurrency: 8,
    defaultTaskRetries: 1,
    workerStopTimeout: 600,
    domain: "",
    dnsZone: "",
    loadBalancerType: "lb11",
};

describe("existingProblems", () => {
    it("finds nothing wrong with a good plan", () => {
        expect(existingProblems(plan)).toEqual([]);
    });

    it("names each key of each machine that is wrong", () => {
        const wrong = [
            { name: "one", address: "one.example.com", hostKey: "AAAA", user: "a b", sshPort: 0 },
            machines[1],
            { ...machines[1], hostKey },
        ];
        expect(existingProblems({ ...plan, machines: wrong, adminCidrs: [] })).toEqual([
            'machines[0].address: got "one.example.com"; an IPv4 address is needed, such as 203.0.113.7',
            "machines[0].hostKey: " +
                "the line of /etc/ssh/ssh_host_ed25519_key.pub on the machine is needed",
            'machines[0].user: got "a b"; a user\'s name on the machine is needed',
            "machines[0].sshPort: got 0; a TCP port is 1 to 65535",
            'machines[2].name: got "two"; another machine has the same name',
            'machines[2].address: got "203.0.113.2"; another machine has the same address',
            "adminCidrs: got []; at least one network in CIDR notation is needed",
        ]);
    });

    it("says what is missing or misspelt", () => {
        const wrong = [{ nmae: "one" } as unknown as ExistingMachine];
        expect(existingProblems({ ...plan, machines: wrong })).toEqual([
            "machines[0].nmae: there is no such setting; " +
                "there are name, location, address, hostKey, user, sshPort",
            "machines[0].name: got nothing; a host name of 1 to 63 lower-case letters, digits and hyphens is needed",
            expect.stringMatching(/^machines\[0\]\.address: got nothing; /),
            expect.stringMatching(/^machines\[0\]\.hostKey: /),
        ]);
    });

    it("takes nothing that is not of its type", () => {
        const wrong = [{ ...machines[0], name: 1, location: 2, hostKey: 3, user: null }];
        expect(
            existingProblems({ ...plan, machines: wrong as unknown as ExistingMachine[] }),
        ).toEqual([
            "machines[0].name: got 1; a host name of 1 to 63 lower-case letters, digits and hyphens is needed",
            "machines[0].location: got 2; the data centre's name, as text, is needed",
            "machines[0].hostKey: the line of /etc/ssh/ssh_host_ed25519_key.pub on the machine is needed",
            "machines[0].user: got null; a user's name on the machine is needed",
        ]);
    });

    it("does not show what may be a private key, and takes no RSA and no part of a key", () => {
        const wrong = ["-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-rsa AAAAB3NzaC1yc2E"];
        for (const key of [...wrong, hostKey.slice(0, 60)]) {
            const [line, ...others] = existingProblems({
                ...plan,
                machines: [{ ...machines[0], hostKey: key }],
            });
            expect(line).toMatch(/^machines\[0\]\.hostKey: /);
            expect(line).not.toContain(key.slice(0, 12));
            expect(others).toEqual([]);
        }
    });

    it("finds a mesh that is the machines' own network, and ports that collide", () => {
        const own = [...machines];
        own[1] = { ...machines[1], sshPort: 443 };
        const config = {
            ...stack,
            machines: own,
            meshCidr: "203.0.113.0/24",
            adminCidrs: ["192.0.2.0/24"],
        };
        expect(configProblems(config)).toEqual([
            "machines[1].sshPort: got 443; this port is taken by httpsPort",
            ...machines.map(
                ({ address }) =>
                    `meshCidr: got "203.0.113.0/24"; it overlaps ${address}/32 of machines`,
            ),
        ]);
    });

    it("is asked instead of what Hetzner would need", () => {
        const config = { ...stack, machines: machines.slice(0, 2) };
        expect(configProblems(config)).toEqual([
            expect.stringMatching(/^machines: got 2; etcd decides by majority/),
        ]);
    });
});

describe("ExistingMachines", () => {
    test.each<[string, Partial<ExistingMachinesArgs>, string]>([
        [
            "a path for a key",
            { privateKey: "~/.ssh/id" },
            "privateKey: it is no SSH private key; " +
                "the text of one in OpenSSH's or PEM format without a passphrase is needed",
        ],
        ["no machine", { machines: [] }, "machines: got []; at least one machine is needed"],
        [
            "a name that is none",
            { machines: [{ ...machines[0], name: "one.example.com" }] },
            'machines[0].name: got "one.example.com"; ' +
                "a host name of 1 to 63 lower-case letters, digits and hyphens is needed",
        ],
        ["no port", { httpsPort: 65_536 }, "httpsPort: got 65536; a TCP port is 1 to 65535"],
        [
            "etcd's port",
            { httpsPort: 2379 },
            "httpsPort: got 2379; this port is taken by etcdClient",
        ],
        [
            "the web UI's port for sshd",
            { httpsPort: 2222 },
            "machines[1].sshPort: got 2222; this port is taken by httpsPort",
        ],
    ])("makes nothing of %s", async (_, wrong, problem) => {
        const args = { ...plan, privateKey: sshKey, ...wrong };
        await expect(record(() => new ExistingMachines("own", args))).rejects.toThrow(
            `own has 1 problem:\n  - ${problem}`,
        );
    });
});

describe("ExistingMachines of a good plan", () => {
    let all: Registered[];
    beforeAll(async () => {
        all = await record(() => {
            const existing = new ExistingMachines("own", { ...plan, privateKey: sshKey });
            new WireGuardMesh("mesh", { machines: existing.machines });
        });
    });
    const named = (name: string) => all.find((each) => each.name === name);

    it("prepares each machine and makes none", () => {
        const own = all.filter(({ parent }) => parent === "own");
        expect(own.map(({ name }) => name).sort()).toEqual(
            machines
                .flatMap(({ name }) =>
                    ["sshd-limits", "sshd", "boot", "nftables", "prepare"].map(
                        (what) => `own-${name}-${what}`,
                    ),
                )
                .sort(),
        );
        expect(new Set(own.map(({ type }) => type))).toEqual(new Set(["command:remote:Command"]));
    });

    it("logs in as it was told, with the pinned key, and keeps its own key secret", () => {
        expect(named("own-two-boot")?.inputs.connection).toMatchObject({
            secret: {
                host: "203.0.113.2",
                port: 2222,
                user: "ops",
                hostKey: key,
                privateKey: sshKey,
            },
        });
    });

    it("works through sudo for anybody but root", () => {
        const command = (name: string) => `ADMIN_CIDRS='203.0.113.0/24' NAME='${name}' bash -s`;
        expect(named("own-one-boot")?.inputs.create).toBe(command("one"));
        expect(named("own-two-boot")?.inputs.create).toBe(asRoot("ops", command("two")));
        expect(named("mesh-two-config")?.inputs.delete).toMatch(/^sudo -n .*sh -c 'rm -f/);
    });

    it("opens each machine's own SSH port", () => {
        expect(named("own-two-nftables")?.inputs.stdin).toContain("tcp dport 2222 accept");
        expect(named("own-three-nftables")?.inputs.stdin).toContain("tcp dport 22 accept");
    });

    it("changes no file before the machine has said that it would not lock its operator out", () => {
        const order = ["boot", "sshd-limits", "sshd", "nftables", "prepare"];
        order.slice(1).forEach((what, index) => {
            expect(named(`own-two-${what}`)?.dependsOn).toContain(`own-two-${order[index]}`);
        });
    });

    it("is done before the mesh begins", () => {
        expect(named("mesh-one-apply")?.dependsOn).toContain("own-one-prepare");
    });
});
