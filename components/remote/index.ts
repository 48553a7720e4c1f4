export { fingerprint, RemoteFile, type RemoteFileArgs } from "./file";
export { programText, RemoteScript, type RemoteScriptArgs } from "./script";
export { quote } from "./shell";
