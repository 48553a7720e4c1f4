import * as pulumi from "@pulumi/pulumi";

/** One line for people: what is wrong with one argument, what was given and what is allowed. */
export type Problem = string;

/** `argument: got VALUE; allowed is …` */
export function problem(argument: string, given: unknown, allowed: string): Problem {
    return `${argument}: got ${JSON.stringify(given) ?? "nothing"}; ${allowed}`;
}

/** May the value be checked before the first resource? An output or a promise can be only when it is there. */
export function isPlain<T>(value: pulumi.Input<T>): value is T {
    return !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}

/** All problems of a component's arguments in one error, which Pulumi shows without a stack trace. */
export function refuse(resource: pulumi.Resource, name: string, problems: Problem[]): void {
    if (problems.length > 0) {
        throw new pulumi.ResourceError(summary(name, problems), resource, true);
    }
}

/** The value, or the error of `refuse` where something is wrong with it once it is there: what waits for it is not made. */
export function checked<T>(
    resource: pulumi.Resource,
    name: string,
    value: pulumi.Input<T>,
    problems: (value: pulumi.Unwrap<T>) => Problem[],
): pulumi.Output<pulumi.Unwrap<T>> {
    return pulumi.output(value).apply((plain) => {
        try {
            refuse(resource, name, problems(plain));
        } catch (error) {
            // Each resource that waits for the value would put "error serializing property" in front of it.
            const { message } = error as Error;
            Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
            throw error;
        }
        return plain;
    });
}

/** All problems of the stack's configuration in one error, before the first resource. */
export function refuseConfiguration(stack: string, problems: Problem[]): void {
    if (problems.length > 0) {
        throw new pulumi.RunError(summary(`configuration of stack "${stack}"`, problems));
    }
}

function summary(subject: string, problems: Problem[]): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return [`${subject} has ${count}:`, ...problems.map((line) => `  - ${line}`)].join("\n");
}
