import * as pulumi from "@pulumi/pulumi";
import { checked, isPlain } from "../../components/problems";
import { record } from "../helpers/mocks";

test("an output and a promise cannot be checked before they are there", () => {
    const values = ["text", undefined, pulumi.output("text"), Promise.resolve("text")];
    expect(values.map((value) => isPlain(value))).toEqual([true, true, false, false]);
});

describe("checked", () => {
    /** All promises of the output: one that nobody looks at would end the process, as it ends a program. */
    async function outcome(given: pulumi.Input<string>): Promise<PromiseSettledResult<unknown>[]> {
        let settled: Promise<PromiseSettledResult<unknown>[]> | undefined;
        await record(() => {
            const parent = new pulumi.ComponentResource("test:index:Parent", "it");
            const output = checked(parent, "it", given, (value) =>
                value === "good" ? [] : ["value: it is not good"],
            ) as unknown as Record<"isKnown" | "isSecret", Promise<boolean>> &
                Record<"promise" | "allResources", () => Promise<unknown>>;
            settled = Promise.allSettled([
                output.promise(),
                output.isKnown,
                output.isSecret,
                output.allResources(),
            ]);
        });
        return settled ?? [];
    }

    test("gives a value that is right", async () => {
        const [value] = await outcome(pulumi.secret("good"));
        expect(value).toEqual({ status: "fulfilled", value: "good" });
    });

    test("gives one error, which stays as it is, for one that is wrong", async () => {
        const [{ reason }] = (await outcome(pulumi.secret("bad"))) as { reason: Error }[];
        expect(pulumi.ResourceError.isInstance(reason)).toBe(true);
        reason.message = `error serializing property "connection": ${reason.message}`;
        expect(reason.message).toBe("it has 1 problem:\n  - value: it is not good");
    });
});
