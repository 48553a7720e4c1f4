import * as pulumi from "@pulumi/pulumi";
import { programFiles, RemoteFile, RemoteScript } from "../remote";
import type { MeshNode } from "../node";
import { guardConfig, guardFolder, guardUnit, type GuardPlan } from "./renderGuard";

const programs = {
    folder: guardFolder,
    prefix: "failover_",
    parts: ["decide", "etcd", "signs", "guard"],
    shared: ["etcd_json.py"],
};

/** One node's guard, which ends the lease of a primary whose machine is gone. */
export function createGuard(
    name: string,
    plan: GuardPlan & { node: MeshNode; guard: boolean },
    opts: pulumi.CustomResourceOptions,
): RemoteScript {
    const machine = plan.node;
    const file = (what: string, path: string, content: string) =>
        new RemoteFile(`${name}-guard-${what}`, { machine, path, content }, opts);
    const files = [
        ...programFiles(`${name}-guard`, machine, programs, opts),
        file("config", "/etc/patroni/failover.json", guardConfig(plan)),
        file("unit", "/etc/systemd/system/patroni-failover.service", guardUnit()),
    ];
    return new RemoteScript(
        `${name}-guard`,
        {
            machine,
            script: "failover-start.sh",
            variables: { ENABLED: String(plan.guard) },
            files,
        },
        opts,
    );
}
