import { readFileSync } from "node:fs";
import { z } from "zod";

/** A resource's state before or after a step; only what is read here. */
const state = z.object({
    parent: z.string().optional(),
    inputs: z.record(z.string(), z.unknown()).nullish(),
});

const metadata = z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: state.nullish(),
    new: state.nullish(),
    keys: z.array(z.string()).nullish(),
    diffs: z.array(z.string()).nullish(),
});

const event = z.object({
    resourcePreEvent: z.object({ metadata }).optional(),
    diagnosticEvent: z
        .object({ message: z.string(), severity: z.string(), urn: z.string().optional() })
        .optional(),
    summaryEvent: z
        .object({
            resourceChanges: z.record(z.string(), z.number()).nullish(),
            result: z.string().optional(),
        })
        .optional(),
    errorEvent: z.object({ error: z.string() }).optional(),
});

/** What the engine is about to do with one resource. */
export type Step = z.infer<typeof metadata>;

/**
 * One event of Pulumi's engine (its sdk/go/common/apitype/events.go), as `pulumi preview` gives them by --event-log, or
 * by --json with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true.
 */
export type EngineEvent = z.infer<typeof event>;

/** Events from a text with one JSON object a line. @throws Error that names the line which is none. */
export function parseEvents(text: string): EngineEvent[] {
    return text.split("\n").flatMap((line, index) => {
        if (line.trim() === "") {
            return [];
        }
        try {
            return [event.parse(JSON.parse(line))];
        } catch (error) {
            // Not the line itself: nobody has looked for secrets in it.
            const reason = error instanceof z.ZodError ? z.prettifyError(error) : "it is no JSON";
            throw new Error(`line ${index + 1} is no event of Pulumi's engine: ${reason}`, {
                cause: error,
            });
        }
    });
}

/** Events from a file, or from standard input where none is named. */
export function readEvents(file?: string): EngineEvent[] {
    return parseEvents(readText(file));
}

/** A file's text, or that of standard input where none is named. @throws Error that names the file. */
export function readText(file?: string): string {
    try {
        return readFileSync(file ?? 0, "utf8");
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`cannot read ${file ?? "standard input"}: ${reason}`, { cause: error });
    }
}
