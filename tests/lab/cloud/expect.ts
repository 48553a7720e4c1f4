/** An error of the API with this code, which tells of these fields. */
export function failing(code: string, ...fields: string[]): unknown {
    const details = fields.map((name) => expect.objectContaining({ name }) as unknown);
    const expected = { code, message: expect.any(String) as unknown };
    return fields.length === 0
        ? expect.objectContaining(expected)
        : { ...expected, details: { fields: details } };
}
