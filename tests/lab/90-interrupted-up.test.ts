import { spawn } from "node:child_process";
import { lab, labName } from "../helpers/lab";
import { ownConfiguration } from "../helpers/ownMachines";
import { root } from "../helpers/root";

jest.setTimeout(40 * 60_000);

test("on machines that are there already, an up that was killed in the middle is finished by the next one", async () => {
    process.env.LAB_CONFIG = await ownConfiguration();
    await killedOnce(/etcd-airflow-fsn1-install/);
    await lab(["up"], "", 20 * 60_000);
    await lab(["status"]);
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes"]);
});

/** Begins an up and kills all of its processes as soon as `marker` shows in what it prints. */
function killedOnce(marker: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn("bash", ["lab/lab.sh", "pulumi", "up", "--yes", "--skip-preview"], {
            cwd: root,
            env: { ...process.env, LAB_NAME: labName },
            stdio: ["ignore", "pipe", "inherit"],
            detached: true,
        });
        let killed = false;
        let printed = "";
        child.stdout.on("data", (data: Buffer) => {
            printed += data.toString();
            if (!killed && marker.test(printed) && child.pid !== undefined) {
                killed = true;
                process.kill(-child.pid, "SIGKILL");
            }
        });
        child.on("error", reject);
        child.on("close", () => {
            if (killed) {
                resolve();
            } else {
                reject(new Error(`the up ended before it could be killed:\n${printed}`));
            }
        });
    });
}
