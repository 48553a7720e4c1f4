import type * as pulumi from "@pulumi/pulumi";
import type { MeshNode } from "../node";
import { instancesOf, type RemoteScript } from "../remote";
import type { OnNode } from "./onNode";
import { copiesState, copyLogsPath, receiverSocket, receiverUnit } from "./renderLogCopies";

/**
 * The node takes copies of its peers' task logs, and has what it needs to send its own. `before` are its files as well:
 * a sender that runs already is started anew, and would be with the older ones.
 */
export function createLogCopies(
    on: OnNode,
    node: MeshNode,
    peers: MeshNode[],
    before: pulumi.Resource[],
): RemoteScript {
    const units = "/etc/systemd/system/airflow-log-receiver";
    const files = [
        on.program("copy-logs", copyLogsPath, "airflow-copy-logs.sh"),
        on.file("log-socket", `${units}.socket`, receiverSocket(node)),
        on.file("log-receiver", `${units}@.service`, receiverUnit),
    ];
    return on.script("receive-logs", "airflow-logs-start.sh", {
        variables: { STATE: copiesState, MACHINES: instancesOf(peers) },
        files,
        dependsOn: before,
    });
}
