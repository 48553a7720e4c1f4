/**
 * Components for highly available services on machines in several data centres: machines, a WireGuard mesh between
 * them, and on the mesh etcd, PostgreSQL, RabbitMQ, a synchronized folder and Apache Airflow.
 * @packageDocumentation
 */
export {
    AirflowNode,
    AirflowSecrets,
    type AirflowNodeArgs,
    type AirflowSecretsArgs,
    type Certificate,
} from "./airflow";
export {
    DagSync,
    type Csync2Args,
    type DagBundle,
    type DagSyncArgs,
    type GitArgs,
    type GitUpstream,
    type SharedArgs,
} from "./dagsync";
export { EtcdCluster, type EtcdClusterArgs } from "./etcd";
export {
    ExistingMachines,
    type ExistingMachine,
    type ExistingMachinesArgs,
} from "./machines/existing";
export type { EntranceArgs } from "./machines/exposure";
export { HetznerMachines, type HetznerMachinesArgs } from "./machines/hetzner";
export { HetznerLoadBalancer, type HetznerLoadBalancerArgs } from "./machines/loadBalancer";
export type { Login } from "./login";
export type { Connection, Entrance, Machine, MeshNode } from "./node";
export {
    PatroniPostgres,
    type FailoverArgs,
    type HealthChecks,
    type Database,
    type DatabaseArgs,
    type PatroniPostgresArgs,
} from "./patroni";
export { ports } from "./ports";
export { RabbitCluster, type Broker, type RabbitClusterArgs } from "./rabbit";
export { WireGuardMesh, type WireGuardMeshArgs } from "./wireguard/mesh";
