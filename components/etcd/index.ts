export { EtcdCluster, type EtcdClusterArgs } from "./etcd";
export { etcdProblems, type EtcdSettings } from "./validate";
