import { changesOf, operations, type Change } from "./changes.ts";
import { describe } from "./describe.ts";
import type { EngineEvent } from "./events.ts";
import { fit, type Section } from "./fit.ts";
import { code, details, fence, indent } from "./markdown.ts";
import { warningsOf } from "./rules.ts";

export interface CommentOptions {
    stack: string;
    /** What the comment is about; it is found again by the two. @default "preview" */
    kind?: "preview" | "drift";
    /** Where all of it is, in Markdown. @default "the preview's log" */
    whole?: string;
}

/** Letters of one error that are shown; the rest is in the log. */
const longestError = 4000;

/** The line by which a comment or issue is found again: a comment in HTML, which nobody sees. */
export function marker(kind: "preview" | "drift", stack: string): string {
    if (!/^[\w./-]+$/.test(stack)) {
        throw new Error(`"${stack}" is no name of a stack`);
    }
    return `<!-- airflow-ha ${kind}: ${stack} -->`;
}

/** What a reviewer sees of a preview, in Markdown of at most 65536 characters. */
export function renderComment(events: EngineEvent[], options: CommentOptions): string {
    const { stack, kind = "preview", whole = "the preview's log" } = options;
    const changes = changesOf(events);
    const title = kind === "drift" ? "Drift" : "Preview";
    const head = `${marker(kind, stack)}\n**${title} of ${code(stack)}: ${summary(events)}**`;
    const sections = [
        ...errorsOf(events).map((message) => ({ name: "an error", text: fence("", message) })),
        ...warningSections(changes, events),
        ...byComponent(changes).map(([type, own]) => componentSection(type, own)),
    ];
    return fit(head, sections, whole);
}

export function hasFailed(events: EngineEvent[]): boolean {
    const summary = events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent;
    return (
        summary === undefined ||
        !["succeeded", undefined].includes(summary.result) ||
        errorsOf(events).length > 0
    );
}

/** How many resources of each operation, as the engine counts them. */
export function countsOf(events: EngineEvent[]): Map<string, number> {
    const counts = events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent
        ?.resourceChanges;
    return new Map(Object.entries(counts ?? {}).filter(([, count]) => count > 0));
}

/** Whether the engine would do anything at all. */
export function hasChanges(events: EngineEvent[]): boolean {
    return [...countsOf(events).keys()].some((operation) => operation !== "same");
}

function summary(events: EngineEvent[]): string {
    if (hasFailed(events)) {
        return "preview failed";
    }
    const counts = countsOf(events);
    const same = counts.get("same") ?? 0;
    counts.delete("same");
    if (counts.size === 0) {
        return `no changes, ${same} unchanged`;
    }
    const known = operations.filter((operation) => counts.has(operation));
    const others = [...counts.keys()].filter((name) => !known.some((each) => each === name)).sort();
    const parts = [...known, ...others].map((name) => `${counts.get(name)} to ${name}`);
    return [...parts, `${same} unchanged`].join(", ");
}

function errorsOf(events: EngineEvent[]): string[] {
    return events
        .flatMap(({ errorEvent }) => errorEvent?.error ?? [])
        .concat(said("error", events))
        .map(plain);
}

/** What the program and the providers say. */
function said(severity: "error" | "warning", events: EngineEvent[]): string[] {
    return events.flatMap(({ diagnosticEvent }) =>
        diagnosticEvent?.severity === severity ? [diagnosticEvent.message] : [],
    );
}

function plain(message: string): string {
    // The engine's marks for colours.
    const text = message.replaceAll(/<\{%.*?%\}>/g, "").trim();
    return text.length > longestError ? `${text.slice(0, longestError)}…` : text;
}

function warningSections(changes: Change[], events: EngineEvent[]): Section[] {
    const warnings = [
        ...warningsOf(changes).map(
            ({ change, warning }) => `- ⚠️ ${change.operation} ${code(change.name)}: ${warning}`,
        ),
        ...said("warning", events)
            .sort()
            .map((message) => `- ⚠️ ${code(plain(message))}`),
    ];
    return warnings.length === 0 ? [] : [{ name: "the warnings", text: warnings.join("\n") }];
}

/** All components of one type together: the nodes of Airflow change alike. */
function byComponent(changes: Change[]): [type: string, Change[]][] {
    const types = new Set(changes.map(({ component }) => component.type));
    return [...types].map((type) => [
        type,
        changes.filter(({ component }) => component.type === type),
    ]);
}

function componentSection(type: string, changes: Change[]): Section {
    const names = [...new Set(changes.map(({ component }) => component.name))].join(", ");
    const counts = operations
        .map((operation) => ({
            operation,
            count: changes.filter((change) => change.operation === operation).length,
        }))
        .filter(({ count }) => count > 0)
        .map(({ operation, count }) => `${count} to ${operation}`);
    return {
        name: type,
        text: details(`${type} ${names}: ${counts.join(", ")}`, items(changes).join("\n")),
    };
}

/** One item for all changes of which the same is to be said: a file is the same on three machines. */
function items(changes: Change[]): string[] {
    const merged = new Map<string, { operation: string; names: string[]; rest: string }>();
    for (const change of changes) {
        const { line, block } = describe(change);
        const rest = (line && `: ${line}`) + (block ? `\n\n${indent(block)}\n` : "");
        const key = `${change.operation}${rest}`;
        const item = merged.get(key) ?? { operation: change.operation, names: [], rest };
        merged.set(key, item);
        item.names.push(code(change.name));
    }
    return [...merged.values()].map(
        ({ operation, names, rest }) => `- ${operation} ${names.join(", ")}${rest}`,
    );
}
