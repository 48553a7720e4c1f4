import { z } from "zod";
import { invalidInput } from "./errors.ts";

/** Checks a request's body; all that is wrong with it is told together, by field. */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body ?? {});
    if (parsed.success) {
        return parsed.data;
    }
    const fields = new Map<string, string[]>();
    for (const { path, message } of parsed.error.issues) {
        const name = path.join(".");
        fields.set(name, [...(fields.get(name) ?? []), message]);
    }
    throw invalidInput([...fields].map(([name, messages]) => ({ name, messages })));
}

const labelPart = /^[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;
const labelKey =
    /^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?\/)?[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;

export const labels = z.record(
    z.string().regex(labelKey, "not a valid label key"),
    z.string().refine((value) => value === "" || labelPart.test(value), "not a valid label value"),
);

export const resourceName = z.string().trim().min(1, "must not be empty").max(255);

/** RFC 1123, as the API wants it for servers. */
export const hostName = z
    .string()
    .max(253)
    .regex(
        /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*$/,
        "must be a valid hostname as per RFC 1123",
    );
