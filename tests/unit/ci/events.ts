/** Events in the form in which Pulumi's engine 3.259 prints them: one JSON object a line, with all of its fields. */

export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const stack = "urn:pulumi:dev::airflow-ha";

/** A secret input. The engine never prints its value, whatever is behind it. */
export const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "[secret]",
};

export type Inputs = Record<string, unknown>;

export interface Step {
    op: string;
    /** `EtcdCluster etcd`: the component that the resource belongs to. */
    in: string;
    name: string;
    /** @default "command:remote:Command" */
    type?: string;
    before?: Inputs;
    after?: Inputs;
    diffs?: string[];
}

/** The lines of a preview in which these steps are planned. */
export function preview(steps: Step[], unchanged = 200): string {
    const resourceChanges: Record<string, number> = { same: unchanged };
    for (const { op } of steps.filter(({ op }) => !/-/.test(op))) {
        resourceChanges[op] = (resourceChanges[op] ?? 0) + 1;
    }
    return lines([
        { preludeEvent: { config: { "airflow-ha:serverType": "cx33" } } },
        diagnostic("debug", "Registering resource: t=pulumi:pulumi:Stack, name=airflow-ha-dev"),
        pre({ op: "same", in: "", name: "airflow-ha-dev", type: "pulumi:pulumi:Stack" }),
        ...steps.map(pre),
        summary(resourceChanges, "succeeded"),
        { cancelEvent: {} },
    ]);
}

/** A preview that ends in errors. */
export function failedPreview(...errors: string[]): string {
    return lines([
        ...errors.map((message) => diagnostic("error", message)),
        summary({}, "failed"),
        { cancelEvent: {} },
    ]);
}

function lines(events: object[]): string {
    return events
        .map((event, sequence) => JSON.stringify({ sequence, timestamp: 1795527810, ...event }))
        .map((line) => `${line}\n`)
        .join("");
}

function diagnostic(severity: string, message: string): object {
    const prefix = `<{%fg 1%}>${severity}: <{%reset%}>`;
    return { diagnosticEvent: { prefix, message, color: "raw", severity } };
}

function summary(resourceChanges: object, result: string): object {
    const rest = { maybeCorrupt: false, durationSeconds: 7, PolicyPacks: {}, isPreview: true };
    return { summaryEvent: { ...rest, resourceChanges, result } };
}

function pre(step: Step): object {
    const { op, name, type = "command:remote:Command", diffs } = step;
    const [component = "", its = ""] = step.in.split(" ");
    const parent = `${stack}::airflow-ha:index:${component}::${its}`;
    const parents = component ? `airflow-ha:index:${component}$` : "";
    const urn = `${stack}::${parents}${type}::${name}`;
    const provider = `${stack}::pulumi:providers:command::default_1_2_1::${unknown}`;
    const state = (inputs?: Inputs) =>
        inputs ? { type, urn, custom: true, id: "1", parent, inputs, outputs: {}, provider } : null;
    const metadata = {
        ...{ op, urn, type, old: state(step.before), new: state(step.after) },
        ...(diffs ? { diffs } : {}),
        ...{ detailedDiff: null, logical: true, provider },
    };
    return { resourcePreEvent: { metadata, planning: true } };
}

/** Inputs of a RemoteFile. */
export function file(
    path: string,
    stdin: unknown,
    access: [mode?: string, owner?: string] = [],
): Inputs {
    const [mode = "0644", owner = "root:root"] = access;
    const create = [
        "set -eu",
        `cat >"$temporary"`,
        `chown '${owner}' "$temporary"`,
        `chmod '${mode}' "$temporary"`,
        `mv "$temporary" '${path}'`,
    ].join("\n");
    return {
        ...{ addPreviousOutputInEnv: false, connection: secret, create, delete: `rm -f '${path}'` },
        ...{ logging: "none", stdin, triggers: [path], update: `${create}\n# on machine 1001` },
    };
}

/** Inputs of a RemoteScript. */
export function script(variables: string, changes = "aa", text = "main"): Inputs {
    const create = `${variables} bash -s`.trimStart();
    return {
        ...{ addPreviousOutputInEnv: false, connection: secret, create, logging: "none" },
        stdin: `# shellcheck shell=bash\nset -euo pipefail\n\n#!/usr/bin/env bash\n${text}\n`,
        update: `${create}\n# runs again when this changes: ${changes}`,
    };
}
