import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { record, type Registered } from "./mocks";
import { root } from "./root";

const project = "airflow-ha";

/** What each stack is still asked for, as a user would set it. */
const asked = {
    prod: { [`${project}:adminCidrs`]: ["203.0.113.0/24"] },
    dev: { [`${project}:adminCidrs`]: ["203.0.113.0/24"] },
    lab: {},
} satisfies Record<string, Record<string, unknown>>;

/** The whole index.ts under mocks, with the settings of Pulumi.<stack>.yaml and over them `more`. */
export function recordProgram(
    stack: keyof typeof asked,
    more: Record<string, unknown> = {},
): Promise<Registered[]> {
    process.env.HCLOUD_TOKEN = "token";
    return record(() => {
        configure(stack, { ...asked[stack], ...more });
        return jest.isolateModulesAsync(async () => {
            await import("../../index");
        });
    });
}

/** Settings as Pulumi hands them to the program: defaults of Pulumi.yaml, over them the stack's file. */
export function configure(
    stack: keyof typeof asked,
    more: Record<string, unknown> = asked[stack],
): void {
    const { config: schema } = read("Pulumi.yaml") as {
        config: Record<string, { default?: unknown }>;
    };
    const defaults = Object.entries(schema).map(
        ([key, { default: value }]) => [`${project}:${key}`, value] as const,
    );
    const { config } = read(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> };
    const all = { ...Object.fromEntries(defaults), ...config, ...more };
    pulumi.runtime.setAllConfig(
        Object.fromEntries(
            Object.entries(all).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
        ),
    );
}

function read(file: string): unknown {
    return parse(readFileSync(join(root, file), "utf8"));
}
