import * as pulumi from "@pulumi/pulumi";

/** One line for people: what is wrong with one argument, what was given and what is allowed. */
export type Problem = string;

/** `argument: got VALUE; allowed is …` */
export function problem(argument: string, given: unknown, allowed: string): Problem {
    return `${argument}: got ${JSON.stringify(given) ?? "nothing"}; ${allowed}`;
}

/** All problems of a component's arguments in one error, which Pulumi shows without a stack trace. */
export function refuse(resource: pulumi.Resource, name: string, problems: Problem[]): void {
    if (problems.length > 0) {
        throw new pulumi.ResourceError(summary(name, problems), resource, true);
    }
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
