import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { Values } from "./values.ts";

export function fromStruct(struct: Struct | undefined): Values {
    return struct?.toJavaScript() ?? {};
}

export function toStruct(values: Values): Struct {
    return structMessages.Struct.fromJavaScript(values);
}
