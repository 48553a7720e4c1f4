import { problems, type NodeStatus } from "../../lab/nodeStatus";

function node(name: string, changes: Partial<NodeStatus> = {}): NodeStatus {
    return {
        ...{ name, location: "nbg1", publicAddress: "198.18.1.1", meshAddress: "10.90.0.1" },
        ...{ power: "on", cut: false, checks: [{ name: "etcd", healthy: true, detail: "" }] },
        ...changes,
    };
}

test("what is not healthy is named with its node and its reason", () => {
    const checks = [
        { name: "etcd", healthy: true, detail: "3 members" },
        { name: "postgresql", healthy: false, detail: "a: replica, 0 MB behind" },
    ];
    const nodes = [
        node("a"),
        node("b", { checks }),
        node("c", { checks: [], power: "off" }),
        node("d", { checks: [], cut: true }),
    ];
    expect(problems(nodes)).toEqual([
        "b postgresql: a: replica, 0 MB behind",
        "c is powered off",
        "d is cut off",
    ]);
    expect(problems([node("a")])).toEqual([]);
});
