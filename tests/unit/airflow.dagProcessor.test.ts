import { run } from "../helpers/lab";

test("on which node the DAG processor works, in Python's own tests", async () => {
    const ran = await run("python3", ["-B", "tests/unit/python/test_airflow_dag_processor.py"]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("\nOK\n") as string });
});
