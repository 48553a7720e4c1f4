export { fingerprint, RemoteFile, type RemoteFileArgs } from "./file";
export { instancesOf } from "./instances";
export { programText, RemoteScript, type RemoteScriptArgs } from "./script";
export { quote, stopCommand } from "./shell";
