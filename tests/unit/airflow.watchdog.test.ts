import { run } from "../helpers/lab";

test("when the watchdog restarts what hangs, in Python's own tests", async () => {
    const ran = await run("python3", ["-B", "tests/unit/python/test_airflow_watchdog.py"]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
});
