import type { EngineEvent, Step } from "./events.ts";
import { hide } from "./secrets.ts";

/** What is done to a resource. A replacement's two halves are not listed beside it. */
export const operations = ["create", "update", "replace", "delete"] as const;
export type Operation = (typeof operations)[number];

/** A resource that is not left as it is, without its secrets. */
export interface Change {
    operation: Operation;
    /** The resource's name in the program: `etcd-airflow-nbg1-start`. */
    name: string;
    /** `hcloud:index/server:Server` */
    type: string;
    /** The component that it belongs to or is: `{ type: "EtcdCluster", name: "etcd" }`. */
    component: Component;
    /** Inputs before and after; empty where there is no such side. A secret is `[secret]` on both sides. */
    before: Inputs;
    after: Inputs;
    /** Names of the inputs that the provider calls changed. */
    changed: string[];
}

export interface Component {
    type: string;
    name: string;
}

export type Inputs = Record<string, unknown>;

/** What an input is that will be known only when the change is made. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The changes of a preview, by component and name: the engine's own order is another one each time. */
export function changesOf(events: EngineEvent[]): Change[] {
    const changes = events.flatMap(({ resourcePreEvent }) => {
        const step = resourcePreEvent?.metadata;
        const operation = operations.find((known) => known === step?.op);
        return step && operation && !isInternal(step) ? [changeOf(step, operation)] : [];
    });
    return changes.sort((a, b) => compare(sortKey(a), sortKey(b)));
}

function sortKey({ component, name, type }: Change): string {
    return [component.type, component.name, name, type].join(" ");
}

function compare(a: string, b: string): number {
    return a < b ? -1 : Number(a > b);
}

function changeOf(step: Step, operation: Operation): Change {
    const [before, after] = hide(step.old?.inputs ?? {}, step.new?.inputs ?? {}) as [
        Inputs,
        Inputs,
    ];
    const { name, type } = parseUrn(step.urn);
    return {
        operation,
        name,
        type,
        component: componentOf(step),
        before,
        after,
        changed: [...new Set([...(step.diffs ?? []), ...(step.keys ?? [])].map(topLevel))],
    };
}

/** The stack itself and the providers: they change nothing that anybody runs. */
function isInternal({ type }: Step): boolean {
    return type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");
}

function componentOf(step: Step): Component {
    const own = parseUrn(step.urn);
    const parent = parseUrn(step.new?.parent ?? step.old?.parent ?? "");
    const { type, name } = isComponent(own.type) || !isComponent(parent.type) ? own : parent;
    return { type: type.split(":").at(-1) ?? type, name };
}

function isComponent(type: string): boolean {
    return type.startsWith("airflow-ha:");
}

/** `urn:pulumi:STACK::PROJECT::PARENT'S TYPES$TYPE::NAME` */
function parseUrn(urn: string): { type: string; name: string } {
    const [, , types = "", ...name] = urn.split("::");
    return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
}

/** Of a path such as `rules[0].port`, the input's name. */
function topLevel(path: string): string {
    return /^[^.[]+/.exec(path)?.[0] ?? path;
}
