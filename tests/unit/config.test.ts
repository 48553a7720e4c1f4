import { configProblems, type StackConfig } from "../../components/config";
import { hostKey } from "../helpers/sshKey";

const good: StackConfig = {
    machines: [],
    locations: ["nbg1", "fsn1", "hel1"],
    namePrefix: "airflow",
    serverType: "cx33",
    protection: false,
    adminCidrs: ["203.0.113.0/24"],
    webCidrs: ["0.0.0.0/0", "::/0"],
    httpsPort: 443,
    wireguardPort: 51820,
    meshCidr: "10.90.0.0/24",
    postgresParameters: {},
    failover: {},
    dags: { kind: "csync2" },
    workerConcurrency: 8,
    defaultTaskRetries: 1,
    workerStopTimeout: 600,
    domain: "",
    dnsZone: "",
    loadBalancerType: "lb11",
};

/** With a load balancer. */
const balanced = {
    domain: "airflow.example.com",
    dnsZone: "example.com",
    privateCidr: "10.91.0.0/24",
};

test("a good configuration has no problem", () => {
    expect(configProblems(good)).toEqual([]);
    expect(configProblems({ ...good, ...balanced })).toEqual([]);
});

test.each<[string, Partial<StackConfig>, string[]]>([
    [
        "an even number of machines",
        { locations: ["nbg1", "fsn1"] },
        [
            "locations: got 2; etcd decides by majority: allowed are 3, 5 or 7 nodes (one survives no fault, " +
                "and an even count survives no more faults than one node fewer)",
        ],
    ],
    [
        "a single machine",
        { locations: ["nbg1"] },
        [
            "locations: got 1; etcd decides by majority: allowed are 3, 5 or 7 nodes (one survives no fault, " +
                "and an even count survives no more faults than one node fewer)",
        ],
    ],
    [
        "duplicate names",
        { locations: ["nbg1", "fsn1", "nbg1"] },
        ['locations[2]: got "nbg1"; it is there twice, and two machines would have the same name'],
    ],
    [
        "an unknown location",
        { locations: ["nbg1", "fsn1", "mars"] },
        ['locations[2]: got "mars"; Hetzner\'s locations are nbg1, fsn1, hel1, ash, hil, sin'],
    ],
    [
        "no CIDR",
        { meshCidr: "ten" },
        ['meshCidr: got "ten"; a network in CIDR notation is needed, such as 203.0.113.0/24'],
    ],
    [
        "a CIDR that is too small",
        { meshCidr: "10.90.0.0/30" },
        ['meshCidr: got "10.90.0.0/30"; it has 2 usable addresses, too few for 3 machines'],
    ],
    [
        "CIDRs that overlap",
        { meshCidr: "203.0.113.0/25" },
        ['meshCidr: got "203.0.113.0/25"; it overlaps 203.0.113.0/24 of adminCidrs'],
    ],
    [
        "no admin",
        { adminCidrs: [] },
        ["adminCidrs: got []; at least one network in CIDR notation is needed"],
    ],
    [
        "a port that is PostgreSQL's",
        { httpsPort: 5432 },
        ["httpsPort: got 5432; this port is taken by postgres"],
    ],
    [
        "a zone without a domain",
        { dnsZone: "example.com" },
        ['dnsZone: got "example.com"; without domain it has no meaning'],
    ],
    [
        "a load balancer before machines of one's own",
        {
            ...balanced,
            machines: ["a", "b", "c"].map((name, index) => ({
                name,
                address: `203.0.114.${index + 1}`,
                hostKey,
            })),
        },
        [
            'domain: got "airflow.example.com"; Hetzner\'s load balancer is for machines that the stack makes there, ' +
                "not for those of machines",
        ],
    ],
    [
        "a private network in the mesh",
        { ...balanced, privateCidr: "10.90.0.0/16" },
        ['privateCidr: got "10.90.0.0/16"; it overlaps 10.90.0.0/24 of meshCidr'],
    ],
    [
        "a private network where the admins are",
        { ...balanced, adminCidrs: ["10.91.0.0/16"] },
        ['privateCidr: got "10.91.0.0/24"; it overlaps 10.91.0.0/16 of adminCidrs'],
    ],
    [
        "the load balancer's port",
        { httpsPort: 8082 },
        ["httpsPort: got 8082; this port is taken by loadBalancer"],
    ],
    ["a port that is none", { httpsPort: 0 }, ["httpsPort: got 0; a TCP port is 1 to 65535"]],
    [
        "two ports that are the same",
        { wireguardPort: 8793 },
        ["wireguardPort: got 8793; this port is taken by airflowLogs"],
    ],
])("%s is one problem", (_, wrong, problems) => {
    expect(configProblems({ ...good, ...wrong })).toEqual(problems);
});

test("a name that is wrong is named once, by the setting that it comes from", () => {
    expect(configProblems({ ...good, namePrefix: "Air" })).toEqual([
        expect.stringMatching(/^namePrefix: got "Air"; /),
    ]);
    const machines = ["a", "a", "B"].map((name, index) => ({
        name,
        address: `203.0.114.${index + 1}`,
        hostKey,
    }));
    expect(configProblems({ ...good, machines })).toEqual([
        expect.stringMatching(/^machines\[2\]\.name: got "B"; /),
        expect.stringMatching(/^machines\[1\]\.name: got "a"; /),
    ]);
});

test("everything that is wrong is reported at once", () => {
    const wrong = { locations: ["nbg1", "mars"], adminCidrs: [], meshCidr: "x", httpsPort: 22 };
    expect(configProblems({ ...good, ...wrong }).map((line) => line.split(":")[0])).toEqual([
        "locations[1]",
        "adminCidrs",
        "httpsPort",
        "meshCidr",
        "locations",
    ]);
});
