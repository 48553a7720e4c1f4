import { phasesOf, type EngineEvent } from "../../lab/phases";

function urn(component: string, name: string): string {
    return `urn:pulumi:lab::airflow-ha::airflow-ha:index:${component}$command:remote:Command::${name}`;
}

function began(timestamp: number, of: string): EngineEvent {
    return { timestamp, resourcePreEvent: { metadata: { urn: of } } };
}

function ended(timestamp: number, of: string): EngineEvent {
    return { timestamp, resOutputsEvent: { metadata: { urn: of } } };
}

test("a phase lasts from its first child's begin to its last child's end", () => {
    const events = [
        began(100, "urn:pulumi:lab::airflow-ha::pulumi:pulumi:Stack::airflow-ha-lab"),
        began(101, urn("EtcdCluster", "etcd-a-install")),
        ended(110, urn("EtcdCluster", "etcd-a-install")),
        began(105, urn("AirflowNode", "a-install")),
        began(111, urn("EtcdCluster", "etcd-a-start")),
        ended(115.5, urn("EtcdCluster", "etcd-a-start")),
        ended(140, urn("AirflowNode", "a-install")),
    ];
    expect(phasesOf(events)).toEqual([
        { phase: "etcd", from: 1, to: 15.5 },
        { phase: "Airflow", from: 5, to: 40 },
    ]);
});
