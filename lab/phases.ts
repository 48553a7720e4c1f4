/** An event of `pulumi up --event-log FILE`, one JSON object a line; only what is read here. */
export interface EngineEvent {
    /** Seconds since 1970. */
    timestamp: number;
    resourcePreEvent?: { metadata: { urn: string } };
    resOutputsEvent?: { metadata: { urn: string } };
}

/** The components of index.ts in the order in which they begin to build, with what a person calls them. */
const names: Record<string, string> = {
    HetznerMachines: "machines",
    WireGuardMesh: "mesh",
    EtcdCluster: "etcd",
    PatroniPostgres: "PostgreSQL",
    RabbitCluster: "RabbitMQ",
    DagSync: "DAG sync",
    AirflowNode: "Airflow",
};

/** When each phase began and ended, in seconds after the first event. Phases overlap: they run side by side. */
export interface Phase {
    phase: string;
    from: number;
    to: number;
}

/** The phases of an update, by the component that each resource belongs to. */
export function phasesOf(events: EngineEvent[]): Phase[] {
    const start = Math.min(...events.map((event) => event.timestamp));
    return Object.entries(names).flatMap(([component, phase]) => {
        const times = events
            .filter((event) => componentOf(urnOf(event)) === component)
            .map((event) => event.timestamp - start);
        return times.length === 0
            ? []
            : [{ phase, from: Math.min(...times), to: Math.max(...times) }];
    });
}

function urnOf({ resourcePreEvent, resOutputsEvent }: EngineEvent): string {
    return (resourcePreEvent ?? resOutputsEvent)?.metadata.urn ?? "";
}

/** `urn:pulumi:STACK::PROJECT::airflow-ha:index:COMPONENT$…::NAME`: of a component's children only. */
function componentOf(urn: string): string | undefined {
    return /^airflow-ha:index:(\w+)\$/.exec(urn.split("::")[2] ?? "")?.[1];
}
