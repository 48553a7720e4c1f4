import { run } from "../helpers/lab";

test.each(["decide", "guard"])("failover_%s, in Python's own tests", async (part) => {
    const ran = await run("python3", ["-B", `tests/unit/python/test_failover_${part}.py`]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
});
