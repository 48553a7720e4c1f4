import { eventually, healthy, lab, nodes, on } from "../helpers/lab";
import { outputs } from "../helpers/outputs";
import { patientOn, saveDags, secondAttempt } from "../helpers/tasks";

jest.setTimeout(15 * 60_000);

test("a machine off the network ends its task before that is started elsewhere", async () => {
    const [cut, asked] = [nodes[1], nodes[2]];
    const stack = await outputs();
    await saveDags(stack, "lab_patient");
    const run = await patientOn(stack, cut);
    const at = Date.now() / 1000;
    await lab(["cut", cut]);
    const second = await secondAttempt(stack, run, asked).finally(() => lab(["heal", cut]));
    const notes = `grep -F '${run} ' /var/lib/airflow/lab_patient.txt`;
    const noted = await eventually("its notes", () => on(cut, notes));
    const seconds = noted.trim().split("\n");
    const last = Math.max(...seconds.map((line) => Number(line.split(" ")[1])));
    console.log(
        `ended there after ${(last - at).toFixed(1)} s, started elsewhere after ${(second.at - at).toFixed(1)} s`,
    );
    expect(last).toBeLessThan(second.at);
    await healthy();
});
