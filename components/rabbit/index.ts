export { RabbitCluster, type Broker, type RabbitClusterArgs } from "./rabbit";
export { rabbitProblems, type RabbitSettings } from "./validate";
