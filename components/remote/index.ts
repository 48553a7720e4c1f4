export { fingerprint, RemoteFile, type RemoteFileArgs } from "./file";
export { instancesOf } from "./instances";
export { programFiles } from "./programs";
export { programText, RemoteScript, scriptFile, type RemoteScriptArgs } from "./script";
export { quote, stopCommand } from "./shell";
