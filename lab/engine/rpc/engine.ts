import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import { connectEngine } from "./serve.ts";

export type Severity = "info" | "warning" | "error";

/** Writes to the display of the CLI. */
export interface Log {
    /** `passing`: a line of progress that the display shows while the resource is worked on, and then drops. */
    (severity: Severity, urn: string, message: string, passing?: boolean): void;
}

const severities = {
    info: engineMessages.LogSeverity.INFO,
    warning: engineMessages.LogSeverity.WARNING,
    error: engineMessages.LogSeverity.ERROR,
};

export function engineLog(address: string): Log {
    const engine = connectEngine(engineService.EngineClient, address);
    return (severity, urn, message, passing = false) => {
        const request = new engineMessages.LogRequest();
        request.setSeverity(severities[severity]);
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(passing);
        // The display is best effort: an operation does not fail because a line of it could not be shown.
        engine.log(request, () => undefined);
    };
}
