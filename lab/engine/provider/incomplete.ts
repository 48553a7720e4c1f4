import * as grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import anyMessages from "google-protobuf/google/protobuf/any_pb.js";
import { RpcError } from "../rpc/serve.ts";
import { toStruct } from "../rpc/structs.ts";
import type { Values } from "../rpc/values.ts";

/**
 * The error that says "it was made, but it is not as it should be": google.rpc.Status with Pulumi's
 * ErrorResourceInitFailed among its details, in the trailer where Go's gRPC looks for it.
 */
export function incompleteError(
    message: string,
    id: string,
    properties: Values,
    inputs: Values,
): RpcError {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(toStruct(properties));
    detail.setInputs(toStruct(inputs));
    detail.setReasonsList([message]);
    const packed = new anyMessages.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusMessages.Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(packed);
    const metadata = new grpc.Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    return new RpcError(message, grpc.status.UNKNOWN, metadata);
}
