import { WireGuardMesh } from "../../components/wireguard/mesh";
import { presharedKeyFrom, privateKeyFrom, publicKeyOf } from "../../components/wireguard/keys";
import { renderHosts, renderWireguard } from "../../components/wireguard/render";
import { meshAddress, memberProblems, meshProblems } from "../../components/wireguard/validate";
import { expectGolden } from "../helpers/golden";
import { machine, record } from "../helpers/mocks";

const names = ["node1", "node2", "node3"];
const machines = [machine(0), machine(1), machine(2)];

describe("keys", () => {
    it("are 32 bytes, clamped as X25519 wants a private key", () => {
        const texts = Array.from({ length: 20 }, (_, index) => `random text ${index}`);
        const keys = texts.map((text) => Buffer.from(privateKeyFrom(text), "base64"));
        expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(20);
        expect(keys.map((key) => [key.length, key[0] & 7, key[31] & 0xc0])).toEqual(
            texts.map(() => [32, 0, 0x40]),
        );
        expect(Buffer.from(presharedKeyFrom("x"), "base64")).toHaveLength(32);
    });

    it("give the public key that `wg pubkey` gives", () => {
        const wgPubkey = "pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk=";
        expect(publicKeyOf(Buffer.alloc(32, 1).toString("base64"))).toBe(wgPubkey);
    });
});

describe("renderWireguard", () => {
    it("names the keys' files and holds none of them", () => {
        const peers = [2, 3].map((n) => ({
            name: `node${n}`,
            publicAddress: `198.18.0.${n}`,
            meshAddress: `10.90.0.${n}`,
            publicKey: `PUBLIC-KEY-OF-NODE${n}=`,
        }));
        const text = renderWireguard({
            meshAddress: "10.90.0.1",
            prefixLength: 24,
            port: 51820,
            peers,
        });
        expectGolden("wireguard/wg0.conf", text);
    });

    it("gives /etc/hosts lines", () => {
        expect(renderHosts([{ name: "a", meshAddress: "10.0.0.1" }])).toBe("10.0.0.1 a");
    });
});

describe("meshAddress", () => {
    it.each([
        ["10.90.0.0/24", 0, "10.90.0.1"],
        ["10.90.0.0/24", 2, "10.90.0.3"],
        ["10.90.255.252/30", 1, "10.90.255.254"],
        ["10.90.0.0/16", 299, "10.90.1.44"],
    ])("of %s, machine %i, is %s", (cidr, index, address) => {
        expect(meshAddress(cidr, index)).toBe(address);
    });
});

describe("meshProblems", () => {
    const plan = { count: 3, meshCidr: "10.90.0.0/24", wireguardPort: 51820 };

    it("finds nothing wrong with the defaults", () => {
        expect(meshProblems({ ...plan, elsewhere: { webCidrs: ["0.0.0.0/0", "::/0"] } })).toEqual(
            [],
        );
    });

    it.each([
        [
            { meshCidr: "10.90.0.0" },
            'meshCidr: got "10.90.0.0"; a network in CIDR notation is needed, such as 203.0.113.0/24',
        ],
        [
            { meshCidr: "10.90.0.1/24" },
            'meshCidr: got "10.90.0.1/24"; it has host bits; the network is 10.90.0.0/24',
        ],
        [{ meshCidr: "fd00::/64" }, 'meshCidr: got "fd00::/64"; the mesh has IPv4 addresses'],
        [
            { meshCidr: "10.90.0.0/30" },
            'meshCidr: got "10.90.0.0/30"; it has 2 usable addresses, too few for 3 machines',
        ],
        [
            { elsewhere: { adminCidrs: ["10.0.0.0/8"] } },
            'meshCidr: got "10.90.0.0/24"; it overlaps 10.0.0.0/8 of adminCidrs',
        ],
        [{ wireguardPort: 80 }, "wireguardPort: got 80; a UDP port is 1024 to 65535"],
    ])("%j", (change, message) => {
        expect(meshProblems({ ...plan, ...change })).toEqual([message]);
    });
});

describe("memberProblems", () => {
    it.each([
        [names, []],
        [["a", "b", "a"], ['machines[2].name: got "a"; another machine has the same name']],
        [
            ["a", "Node_2", "c"],
            [
                'machines[1].name: got "Node_2"; a host name of 1 to 63 lower-case letters, digits and hyphens is needed',
            ],
        ],
        [
            ["a", "b-c", "a-b", "c"],
            [
                "machines: the names a-b and c, joined, are those of a and b-c; one of them needs another name",
            ],
        ],
        [["a"], ["machines: got 1; a mesh has two machines or more"]],
    ])("of %j", (members, problems) => {
        expect(memberProblems(members)).toEqual(problems);
    });
});

describe("WireGuardMesh", () => {
    it("makes a key for each machine and for each pair, and configures machine by machine", async () => {
        const all = await record(() => new WireGuardMesh("mesh", { machines }));
        const children = (node: string, peers: string[]) => [
            `mesh-${node}-private-key`,
            ...peers.map((peer) => `mesh-${node}-${peer}-psk`),
            `mesh-${node}-config`,
            `mesh-${node}-apply`,
        ];
        expect(all.map((each) => each.name).sort()).toEqual(
            [
                "mesh",
                ...names.map((name) => `mesh-${name}-key`),
                "mesh-node1-node2-psk",
                "mesh-node1-node3-psk",
                "mesh-node2-node3-psk",
                ...children("node1", ["node2", "node3"]).filter((name) => !name.endsWith("-psk")),
                ...children("node2", ["node1", "node3"]).filter((name) => !name.endsWith("-psk")),
                ...children("node3", ["node1", "node2"]).filter((name) => !name.endsWith("-psk")),
                ...pskFiles(),
                ...names.map((name) => `mesh-${name}-check`),
                ...names.map((name) => `mesh-${name}-reach`),
            ].sort(),
        );
        expect(all.filter((each) => each.name !== "mesh").map((each) => each.parent)).toEqual(
            all.filter((each) => each.name !== "mesh").map(() => "mesh"),
        );
    });

    it("hides the keys and shows the configuration", async () => {
        const all = await record(() => new WireGuardMesh("mesh", { machines }));
        const inputs = (name: string) => all.find((each) => each.name === name)?.inputs;
        expect(inputs("mesh-node1-private-key")?.stdin).toHaveProperty("secret");
        expect(inputs("mesh-node1-node2-psk-file")?.stdin).toHaveProperty("secret");
        expect(inputs("mesh-node1-config")?.stdin).toContain("Endpoint = 198.18.0.2:51820");
    });

    it("gives both ends of a pair the same key, and every pair another", async () => {
        const all = await record(() => new WireGuardMesh("mesh", { machines }));
        const keys = pskFiles().map((name) => [
            name.split("-").slice(1, 3).sort().join(),
            JSON.stringify(all.find((each) => each.name === name)?.inputs.stdin),
        ]);
        expect(new Set(keys.map(([, key]) => key)).size).toBe(3);
        expect(new Set(keys.map((each) => each.join())).size).toBe(3);
    });

    it("lets its nodes be used only when every machine has its interface and reaches the others", async () => {
        const all = await record(() => {
            const mesh = new WireGuardMesh("mesh", { machines });
            return mesh.nodes.map((node) => node.connection);
        });
        const reach = all.find((each) => each.name === "mesh-node1-reach");
        expect(reach?.dependsOn).toEqual(names.map((name) => `mesh-${name}-apply`));
        expect(reach?.inputs.create).toBe("PEERS='10.90.0.2 10.90.0.3' bash -s");
    });

    it("changes no machine before all have agreed to their addresses", async () => {
        const all = await record(() => new WireGuardMesh("mesh", { machines }));
        const files = all.filter(({ inputs }) => /^set -eu/.test(String(inputs.create)));
        expect(files).toHaveLength(12);
        for (const { dependsOn } of files) {
            expect(dependsOn).toEqual(
                expect.arrayContaining(names.map((name) => `mesh-${name}-check`)),
            );
        }
    });

    it("reports all that is wrong at once", async () => {
        await expect(
            record(
                () =>
                    new WireGuardMesh("mesh", {
                        machines: [machine(0), machine(0)],
                        meshCidr: "x",
                    }),
            ),
        ).rejects.toThrow(
            'mesh has 2 problems:\n  - machines[1].name: got "node1"; another machine has the same name\n  - meshCidr: got "x"; a network in CIDR notation is needed, such as 203.0.113.0/24',
        );
    });
});

/** Each machine's file of each key that it shares. */
function pskFiles(): string[] {
    return names.flatMap((node) =>
        names.filter((peer) => peer !== node).map((peer) => `mesh-${node}-${peer}-psk-file`),
    );
}
