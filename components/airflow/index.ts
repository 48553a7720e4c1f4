export { AirflowNode, type AirflowNodeArgs } from "./airflowNode";
export { AirflowSecrets, type AirflowSecretsArgs, type Certificate } from "./airflowSecrets";
export {
    airflowProblems,
    placeProblems,
    type AirflowPlaces,
    type AirflowSettings,
} from "./validate";
