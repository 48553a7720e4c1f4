export interface FieldProblem {
    name: string;
    messages: string[];
}

/** An error as the API answers with it. Source of codes: https://docs.hetzner.cloud/reference/cloud#errors */
export class ApiError extends Error {
    readonly status: number;
    readonly code: string;
    readonly details: object | null;

    constructor(status: number, code: string, message: string, details: object | null = null) {
        super(message);
        this.status = status;
        this.code = code;
        this.details = details;
    }
}

export function notFound(what: string, id: number | string): ApiError {
    return new ApiError(404, "not_found", `${what} with ID '${id}' not found`);
}

export function invalidInput(fields: FieldProblem[]): ApiError {
    const names = fields.map(({ name }) => `'${name}'`).join(", ");
    const why = fields.map(({ messages }) => messages.join("; ")).join("; ");
    const where = `invalid input in field${fields.length > 1 ? "s" : ""} ${names}`;
    return new ApiError(422, "invalid_input", `${where}: ${why}`, { fields });
}

export function invalidField(name: string, message: string): ApiError {
    return invalidInput([{ name, messages: [message] }]);
}

export function notUnique(fields: string[]): ApiError {
    const message = `${fields.join(" or ")} is used already and must be unique`;
    const details = { fields: fields.map((name) => ({ name })) };
    return new ApiError(409, "uniqueness_error", message, details);
}
