export { AirflowNode, type AirflowNodeArgs } from "./airflowNode";
export { AirflowSecrets, type AirflowSecretsArgs } from "./airflowSecrets";
export { airflowProblems, type AirflowSettings } from "./validate";
