import { parse } from "yaml";
import { anywhere, balancerExposure, exposures } from "../../components/machines/exposure";
import { HetznerMachines } from "../../components/machines/hetzner";
import { renderNftables, renderUserData } from "../../components/machines/render";
import { describeUnavailable } from "../../components/machines/unavailable";
import { machinesProblems } from "../../components/machines/validate";
import { expectGolden } from "../helpers/golden";
import { record, type Registered } from "../helpers/mocks";

const plan = {
    locations: ["nbg1", "fsn1", "hel1"],
    namePrefix: "airflow",
    adminCidrs: ["203.0.113.0/24", "2001:db8::/32"],
    webCidrs: anywhere,
    httpsPort: 443,
    wireguardPort: 51820,
};

describe("renderNftables", () => {
    it("lets in the list, the mesh and loopback", () => {
        expectGolden(
            "machines/nftables.conf",
            renderNftables(exposures({ ...plan, sshPort: 22 }), "wg0"),
        );
    });

    it("lets a load balancer's address in, to its port", () => {
        const text = renderNftables([balancerExposure("10.91.0.2")], "wg0");
        expect(text).toContain(
            '        ip saddr { 10.91.0.2/32 } tcp dport 8082 accept comment "load balancer"\n',
        );
    });

    it("keeps a list of one family to that family", () => {
        const text = renderNftables(
            exposures({ ...plan, sshPort: 22, webCidrs: ["198.51.100.0/24"] }),
            "wg0",
        );
        expect(text).toContain("ip saddr { 198.51.100.0/24 } tcp dport 443 accept");
        expect(text).not.toContain("ip6 saddr {  }");
    });
});

describe("renderUserData", () => {
    it("is YAML that brings the host key and nothing that listens", () => {
        const text = renderUserData({
            privateKey: "-----BEGIN\nline\n",
            publicKey: "ssh-ed25519 A",
        });
        expect(text.split("\n")[0]).toBe("#cloud-config");
        expect(parse(text)).toMatchObject({
            ssh_keys: { ed25519_private: "-----BEGIN\nline\n", ed25519_public: "ssh-ed25519 A" },
            ssh_pwauth: false,
        });
    });
});

describe("machinesProblems", () => {
    it("finds nothing wrong with a good plan", () => {
        expect(machinesProblems(plan)).toEqual([]);
    });

    it.each([
        [
            { locations: ["nbg1", "mars", "hel1"] },
            ['locations[1]: got "mars"; Hetzner\'s locations are nbg1, fsn1, hel1, ash, hil, sin'],
        ],
        [
            { locations: ["nbg1", "fsn1", "nbg1"] },
            [
                'locations[2]: got "nbg1"; it is there twice, and two machines would have the same name',
            ],
        ],
        [{ locations: [] }, ["locations: got []; at least one location is needed"]],
        [
            { httpsPort: 22, wireguardPort: 443 },
            [
                "httpsPort: got 22; this port is taken by ssh",
                "wireguardPort: got 443; a UDP port is 1024 to 65535",
            ],
        ],
        [
            { httpsPort: 51820, wireguardPort: 51820 },
            ["httpsPort: got 51820; this port is taken by wireguardPort"],
        ],
        [
            { httpsPort: 1.5, wireguardPort: 8008 },
            [
                "httpsPort: got 1.5; a TCP port is 1 to 65535",
                "wireguardPort: got 8008; this port is taken by patroni",
            ],
        ],
        [
            { namePrefix: "Air_flow" },
            [
                'namePrefix: got "Air_flow"; 1 to 40 lower-case letters, digits and hyphens are allowed, a letter first, no hyphen last',
            ],
        ],
        [
            { adminCidrs: [] },
            ["adminCidrs: got []; at least one network in CIDR notation is needed"],
        ],
        [
            { adminCidrs: ["10.0.0.1", "10.0.0.1/24"], webCidrs: ["x/y"] },
            [
                'adminCidrs[0]: got "10.0.0.1"; a network in CIDR notation is needed, such as 203.0.113.0/24',
                'adminCidrs[1]: got "10.0.0.1/24"; it has host bits; the network is 10.0.0.0/24',
                'webCidrs[0]: got "x/y"; a network in CIDR notation is needed, such as 203.0.113.0/24',
            ],
        ],
        [
            { adminCidrs: ["10.0.0.0/8", "10.1.0.0/16"] },
            ['adminCidrs[1]: got "10.1.0.0/16"; it overlaps 10.0.0.0/8 in the same list'],
        ],
    ])("%j", (change, messages) => {
        expect(machinesProblems({ ...plan, ...change })).toEqual(messages);
    });
});

describe("HetznerMachines", () => {
    const args = { ...plan, serverType: "cx33" };
    let all: Registered[];
    beforeAll(async () => {
        all = await record(() => new HetznerMachines("airflow", args));
    });
    const named = (name: string) => all.find((each) => each.name === name);

    it("makes a key, a firewall, and for each location a server that is prepared", () => {
        const perLocation = ["host-key", "server", "boot", "nftables", "prepare"];
        expect(all.map((each) => each.name).sort()).toEqual(
            [
                "airflow",
                "airflow-firewall",
                "airflow-key",
                "airflow-ssh-key",
                ...plan.locations.flatMap((location) =>
                    perLocation.map((what) => `airflow-${location}-${what}`),
                ),
            ].sort(),
        );
        expect(new Set(all.slice(1).map((each) => each.parent))).toEqual(new Set(["airflow"]));
    });

    it("closes all but SSH, HTTPS and WireGuard at the provider", () => {
        expect(named("airflow-firewall")?.inputs.rules).toEqual([
            expect.objectContaining({ port: "22", protocol: "tcp", sourceIps: plan.adminCidrs }),
            expect.objectContaining({ port: "443", protocol: "tcp", sourceIps: anywhere }),
            expect.objectContaining({ port: "51820", protocol: "udp", sourceIps: anywhere }),
        ]);
    });

    it("hides the host key's private half, which the user data holds", () => {
        expect(named("airflow-nbg1-server")?.inputs.userData).toHaveProperty("secret");
    });

    it("writes a firewall only after the machine has said that it would not lock its operator out", () => {
        const { create } = named("airflow-nbg1-boot")?.inputs ?? {};
        expect(create).toContain("ADMIN_CIDRS='203.0.113.0/24 2001:db8::/32' ");
        expect(named("airflow-nbg1-prepare")?.inputs.create).toBe("bash -s");
    });

    it("prepares a machine after its boot and pins its host key", () => {
        expect(named("airflow-nbg1-nftables")?.dependsOn).toContain("airflow-nbg1-boot");
        expect(named("airflow-nbg1-prepare")?.dependsOn).toContain("airflow-nbg1-nftables");
        expect(JSON.stringify(named("airflow-nbg1-boot")?.inputs.connection)).toContain(
            "public key of airflow-nbg1-host-key",
        );
    });
});

describe("HetznerMachines with protection", () => {
    it("lets neither Hetzner nor Pulumi delete the servers; what else there is can be made anew", async () => {
        const registered = await record(
            () => new HetznerMachines("airflow", { ...plan, serverType: "cx33", protection: true }),
        );
        const servers = registered.filter(({ type }) => type === "hcloud:index/server:Server");
        expect(servers.map(({ protect }) => protect)).toEqual([true, true, true]);
        for (const { inputs } of servers) {
            expect(inputs).toMatchObject({ deleteProtection: true, rebuildProtection: true });
        }
        const others = registered.filter((each) => !servers.includes(each));
        expect(others.filter(({ protect }) => protect)).toEqual([]);
    });
});

describe("describeUnavailable", () => {
    const at = (...names: string[]) =>
        ["nbg1", "fsn1", "hel1"].map((name) => ({
            name,
            available: names.includes(name),
            isDeprecated: false,
        }));
    const type = (name: string, memory: number, ...names: string[]) => ({
        name,
        architecture: name.startsWith("cax") ? "arm" : "x86",
        memory,
        locations: at(...names),
    });
    const wanted = { name: "airflow-hel1", serverType: "cx33", location: "hel1" };

    it("names type and location, where that type is, and what of its kind the location has", () => {
        const offered = [
            type("cx23", 4, "hel1"),
            type("cx33", 8, "nbg1", "fsn1"),
            type("cx43", 16, "nbg1", "hel1"),
            type("cx53", 32, "nbg1"),
            type("cax31", 16, "hel1"),
            { ...type("cpx31", 8), locations: [{ ...at("hel1")[2], isDeprecated: true }] },
        ];
        expect(describeUnavailable(wanted, offered)).toBe(
            "airflow-hel1: Hetzner has no cx33 left in hel1 at the moment (resource_unavailable). " +
                "By its list, cx33 is there in nbg1, fsn1; hel1 has cx43 with as much memory or more. " +
                "Choose another serverType or other locations, or run `pulumi up` again later: it goes on from here.",
        );
    });

    it("says none where there is none, and does not offer the place that has just refused", () => {
        expect(describeUnavailable(wanted, [type("cx33", 8, "hel1")])).toContain(
            "cx33 is there in none; hel1 has none with as much memory or more.",
        );
    });
});
