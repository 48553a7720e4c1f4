import { run } from "../helpers/lab";

beforeAll(async () => {
    expect(await run("bash", ["lab/packages.sh", "inotify-tools"])).toMatchObject({ code: 0 });
}, 120_000);

test.each(["batch", "changes", "cut", "notes", "peer", "recovery"])(
    "dagsync_%s, in Python's own tests",
    async (part) => {
        const ran = await run("python3", ["-B", `tests/unit/python/test_dagsync_${part}.py`]);
        expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
    },
    120_000,
);
