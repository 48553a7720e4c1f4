import { run } from "../helpers/lab";

const minute = 60_000;
// Some thousand processes: git is run for real.
jest.setTimeout(15 * minute);

test("pushes, returns and upstreams with real repositories, in Python's own tests", async () => {
    const args = ["-B", "tests/unit/python/test_dags_git.py"];
    const ran = await run("python3", args, "", 14 * minute);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
});
