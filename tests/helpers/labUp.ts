import { spawn } from "node:child_process";
import { labName, labVerb } from "./lab";
import labDown from "./labDown";
import { ownConfiguration } from "./ownMachines";
import { root } from "./root";

/**
 * Before the lab's tests: a lab from nothing, as a user makes it whose first `up` is killed in the middle: the next one
 * has to finish it. LAB_KEEP=1 takes a lab that is there; LAB_MACHINES=own has the stack take machines that it did not
 * make.
 */
export default async function labUp(): Promise<void> {
    if (process.env.LAB_KEEP) {
        await labVerb("up");
        return;
    }
    await labVerb("down");
    try {
        if (process.env.LAB_MACHINES === "own") {
            process.env.LAB_CONFIG = await ownConfiguration();
        }
        await killedUp(/etcd-airflow-fsn1-install/);
        await labVerb("up");
    } catch (error) {
        await labDown();
        throw error;
    }
}

/** Begins an up and kills all of its processes as soon as `marker` shows in what it prints. */
function killedUp(marker: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn("bash", ["lab/lab.sh", "up"], {
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
