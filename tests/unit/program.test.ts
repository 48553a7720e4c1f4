import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { record, type Registered } from "../helpers/mocks";
import { root } from "../helpers/root";

jest.setTimeout(60_000);

const project = "airflow-ha";

/** What each stack is still asked for, as a user would set it. */
const asked = {
    dev: { [`${project}:adminCidrs`]: ["203.0.113.0/24"] },
    lab: {},
} satisfies Record<string, Record<string, unknown>>;

/** Settings as Pulumi hands them to the program: defaults of Pulumi.yaml, over them the stack's file. */
function configure(stack: keyof typeof asked): void {
    const { config: schema } = read("Pulumi.yaml") as {
        config: Record<string, { default?: unknown }>;
    };
    const defaults = Object.entries(schema).map(
        ([key, { default: value }]) => [`${project}:${key}`, value] as const,
    );
    const { config } = read(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> };
    const all = { ...Object.fromEntries(defaults), ...config, ...asked[stack] };
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

describe.each(["dev", "lab"] as const)("index.ts with Pulumi.%s.yaml", (stack) => {
    let registered: Registered[];

    beforeAll(async () => {
        process.env.HCLOUD_TOKEN = "token";
        registered = await record(() => {
            configure(stack);
            return jest.isolateModulesAsync(async () => {
                await import("../../index");
            });
        });
    });

    test("is made of these components", () => {
        const components = registered
            .filter(({ type }) => type.startsWith(`${project}:index:`))
            .map(({ type, name }) => `${type.split(":")[2]} ${name}`);
        expect(components).toEqual([
            "HetznerMachines airflow",
            "WireGuardMesh mesh",
            "EtcdCluster etcd",
            "PatroniPostgres postgres",
            "RabbitCluster rabbit",
            "DagSync dags",
            "AirflowSecrets airflow",
            "AirflowNode airflow-nbg1",
            "AirflowNode airflow-fsn1",
            "AirflowNode airflow-hel1",
        ]);
    });

    test("everything else belongs to one of them", () => {
        const strays = registered.filter(
            ({ type, parent }) => !type.startsWith(`${project}:index:`) && !/^[a-z]/.test(parent),
        );
        expect(strays).toEqual([]);
    });

    test("every password is made by a resource that keeps it encrypted", () => {
        const kinds = new Set(
            registered.map(({ type }) => type).filter((type) => type.startsWith("random:")),
        );
        expect([...kinds]).toEqual(["random:index/randomPassword:RandomPassword"]);
    });
});
