import { run } from "../helpers/lab";

test("a guard's decisions, in Python's own tests", async () => {
    const ran = await run("python3", ["-B", "tests/unit/python/test_failover_decide.py"]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
});
