import { labVerb } from "./lab";
import labDown from "./labDown";
import { ownConfiguration } from "./ownMachines";

/**
 * Before the lab's tests: a lab from nothing, as a user makes it. LAB_KEEP=1 takes one that is there; LAB_MACHINES=own
 * has the stack take machines that it did not make.
 */
export default async function labUp(): Promise<void> {
    if (!process.env.LAB_KEEP) {
        await labVerb("down");
    }
    try {
        if (process.env.LAB_MACHINES === "own") {
            process.env.LAB_CONFIG = await ownConfiguration();
        }
        await labVerb("up");
    } catch (error) {
        await labDown();
        throw error;
    }
}
