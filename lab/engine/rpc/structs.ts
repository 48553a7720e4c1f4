import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { Values } from "./values.ts";

export function fromStruct(struct: Struct | undefined): Values {
    return (struct?.toJavaScript() ?? {}) as Values;
}

export function toStruct(values: Values): Struct {
    return structMessages.Struct.fromJavaScript(values as Record<string, JavaScriptValue>);
}
