import { labVerb } from "./lab";
import labDown from "./labDown";

/** Before the lab's tests: a lab from nothing, as a user makes it. LAB_KEEP=1 takes one that is there. */
export default async function labUp(): Promise<void> {
    if (!process.env.LAB_KEEP) {
        await labVerb("down");
    }
    try {
        await labVerb("up");
    } catch (error) {
        await labDown();
        throw error;
    }
}
