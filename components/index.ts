/** What other stacks import. */
export * from "./airflow";
export { loadConfig, type StackConfig } from "./config";
export * from "./dagsync";
export { describeEndpoints, type Endpoints, type EndpointsArgs } from "./endpoints";
export * from "./etcd";
export {
    ExistingMachines,
    type ExistingMachine,
    type ExistingMachinesArgs,
} from "./machines/existing";
export { HetznerMachines, type HetznerMachinesArgs } from "./machines/hetzner";
export type { Connection, Machine, MeshNode } from "./node";
export * from "./patroni";
export { ports } from "./ports";
export * from "./rabbit";
export { versions } from "./versions";
export { WireGuardMesh, type WireGuardMeshArgs } from "./wireguard/mesh";
