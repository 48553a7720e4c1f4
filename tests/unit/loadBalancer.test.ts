import { HetznerMachines } from "../../components/machines/hetzner";
import { HetznerLoadBalancer } from "../../components/machines/loadBalancer";
import { balancerProblems } from "../../components/machines/validateBalancer";
import { machine, record, type Registered } from "../helpers/mocks";

const locations = ["nbg1", "fsn1", "hel1"];
const plan = {
    domain: "airflow.example.com",
    dnsZone: "example.com",
    loadBalancerType: "lb11",
    privateCidr: "10.91.0.0/24",
    locations,
};

describe("balancerProblems", () => {
    it.each([
        [{}],
        [{ domain: "example.com" }],
        [{ domain: "a.b.example.com", privateCidr: "172.16.0.0/16" }],
        [{ locations: ["ash"] }],
    ])("finds nothing wrong with %j", (change) => {
        expect(balancerProblems({ ...plan, ...change })).toEqual([]);
    });

    it.each([
        [
            { dnsZone: "" },
            ["dnsZone: nothing is set; the zone at Hetzner DNS that holds the domain is needed"],
        ],
        [
            { domain: "airflow.example.org" },
            ['domain: got "airflow.example.org"; it is not in the zone example.com of dnsZone'],
        ],
        [
            { domain: "notexample.com" },
            ['domain: got "notexample.com"; it is not in the zone example.com of dnsZone'],
        ],
        [
            { domain: "https://airflow.example.com", dnsZone: "Example.com." },
            [
                'domain: got "https://airflow.example.com"; a DNS name in lower case is needed, such as airflow.example.com',
                'dnsZone: got "Example.com."; a DNS name in lower case is needed, such as example.com',
            ],
        ],
        [
            { domain: "*.example.com" },
            [
                'domain: got "*.example.com"; a DNS name in lower case is needed, such as airflow.example.com',
            ],
        ],
        [
            { loadBalancerType: "cx33" },
            ['loadBalancerType: got "cx33"; Hetzner\'s types are lb11, lb21, lb31'],
        ],
        [
            { locations: ["nbg1", "ash", "mars"] },
            [
                'locations: got ["nbg1","ash","mars"]; a load balancer reaches machines in one network zone of ' +
                    "Hetzner's only: nbg1 is in eu-central, ash is in us-east",
            ],
        ],
        [
            { privateCidr: "10.91.0.5/24" },
            ['privateCidr: got "10.91.0.5/24"; it has host bits; the network is 10.91.0.0/24'],
        ],
        [
            { privateCidr: "203.0.113.0/24" },
            [
                'privateCidr: got "203.0.113.0/24"; a network of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 with a ' +
                    "prefix of 8 to 24 is needed",
            ],
        ],
        [
            { privateCidr: "10.91.0.0/28" },
            [
                'privateCidr: got "10.91.0.0/28"; a network of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 with a ' +
                    "prefix of 8 to 24 is needed",
            ],
        ],
        [
            { privateCidr: "172.31.0.0/16" },
            ['privateCidr: got "172.31.0.0/16"; 172.31.1.1 is the gateway of Hetzner\'s servers'],
        ],
        [
            { elsewhere: { meshCidr: ["10.91.0.0/16"], webCidrs: ["0.0.0.0/0"] } },
            ['privateCidr: got "10.91.0.0/24"; it overlaps 10.91.0.0/16 of meshCidr'],
        ],
    ])("%j", (change, messages) => {
        expect(balancerProblems({ ...plan, ...change })).toEqual(messages);
    });
});

describe("HetznerLoadBalancer", () => {
    const { domain, dnsZone, privateCidr } = plan;
    let all: Registered[];
    let web: HetznerLoadBalancer;

    beforeAll(async () => {
        all = await record(() => {
            const { machines } = new HetznerMachines("airflow", {
                ...{ locations, privateCidr },
                serverType: "cx33",
                adminCidrs: ["203.0.113.0/24"],
            });
            web = new HetznerLoadBalancer("web", {
                ...{ machines, domain, dnsZone, privateCidr },
                namePrefix: "airflow",
                protection: true,
            });
        });
    });
    const named = (name: string) => all.find((each) => each.name === name);

    it("makes these, and nothing else", () => {
        const children = all.filter(({ parent }) => parent === "web");
        const perMachine = ["network", "private", "target"];
        expect(children.map(({ name }) => name).sort()).toEqual(
            [
                ...["network", "subnet", "load-balancer", "load-balancer-network"],
                ...["certificate", "service", "a", "aaaa"],
                ...locations.flatMap((location) =>
                    perMachine.map((what) => `airflow-${location}-${what}`),
                ),
            ]
                .map((what) => `web-${what}`)
                .sort(),
        );
    });

    it("has one private network, with plain addresses", () => {
        expect(named("web-network")?.inputs).toEqual({
            name: "airflow",
            ipRange: "10.91.0.0/24",
            deleteProtection: true,
        });
        expect(named("web-subnet")?.inputs).toMatchObject({
            type: "cloud",
            networkZone: "eu-central",
            ipRange: "10.91.0.0/24",
        });
        expect(named("web-load-balancer-network")?.inputs.ip).toBe("10.91.0.2");
        expect(
            locations.map((location) => named(`web-airflow-${location}-network`)?.inputs.ip),
        ).toEqual(["10.91.0.3", "10.91.0.4", "10.91.0.5"]);
        expect(web.entrance("airflow-fsn1")).toEqual({
            address: "10.91.0.4",
            source: "10.91.0.2",
        });
        expect(() => web.entrance("node9")).toThrow(
            'web: no machine "node9" is behind this load balancer',
        );
    });

    it("ends TLS with Hetzner's certificate and asks each machine whether it is ready", () => {
        expect(named("web-certificate")?.inputs).toEqual({
            name: "airflow-airflow.example.com",
            domainNames: ["airflow.example.com"],
        });
        expect(named("web-service")?.inputs).toMatchObject({
            protocol: "https",
            listenPort: 443,
            destinationPort: 8082,
            http: { redirectHttp: true },
            healthCheck: {
                protocol: "http",
                port: 8082,
                http: { path: "/execution/health", statusCodes: ["200"] },
            },
        });
        expect(named("web-load-balancer")?.inputs).toMatchObject({
            location: "nbg1",
            loadBalancerType: "lb11",
            deleteProtection: true,
        });
    });

    it("sends to a machine by its private address, once both have theirs", () => {
        expect(named("web-airflow-hel1-target")?.inputs.usePrivateIp).toBe(true);
        expect(named("web-airflow-hel1-target")?.dependsOn).toEqual(
            expect.arrayContaining([
                "web-airflow-hel1-network",
                "web-airflow-hel1-private",
                "web-load-balancer-network",
            ]),
        );
    });

    it("is protected by Pulumi, too, with its network", () => {
        expect(all.filter(({ protect }) => protect).map(({ name }) => name)).toEqual([
            "web-network",
            "web-load-balancer",
        ]);
    });

    it("refuses no machines at all, and machines whose firewall expects it elsewhere", async () => {
        await record(() => {
            expect(() => new HetznerLoadBalancer("web", { machines: [], domain, dnsZone })).toThrow(
                "web has 1 problem:\n  - machines: got []; at least one is needed",
            );
            const { machines } = new HetznerMachines("airflow", {
                locations: ["nbg1"],
                serverType: "cx33",
                adminCidrs: ["203.0.113.0/24"],
            });
            expect(() => new HetznerLoadBalancer("web", { machines, domain, dnsZone })).toThrow(
                'privateCidr: got "10.91.0.0/24"; the firewall of airflow-nbg1 lets in a load balancer of ' +
                    "no network: give HetznerMachines the same",
            );
        });
    });

    it("has the name lead to it", () => {
        for (const [type, value] of [
            ["A", "198.18.0.9"],
            ["AAAA", "2001:db8::9"],
        ]) {
            expect(named(`web-${type.toLowerCase()}`)?.inputs).toEqual({
                ...{ zone: "example.com", name: "airflow", type, ttl: 300 },
                records: [{ value }],
            });
        }
    });

    it("refuses machines that are not Hetzner's, together with all else that is wrong", async () => {
        await record(() => {
            expect(
                () =>
                    new HetznerLoadBalancer("web", {
                        machines: [machine(0)],
                        domain: "x",
                        dnsZone: "example.com",
                    }),
            ).toThrow(
                [
                    "web has 2 problems:",
                    "  - machines[0]: it is no server of Hetzner Cloud",
                    '  - domain: got "x"; a DNS name in lower case is needed, such as airflow.example.com',
                ].join("\n"),
            );
        });
    });
});
