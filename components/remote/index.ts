export { fingerprint, RemoteFile, type RemoteFileArgs } from "./file";
export { RemoteScript, type RemoteScriptArgs } from "./script";
export { quote } from "./shell";
