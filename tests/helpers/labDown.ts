import { labVerb } from "./lab";

/** After the lab's tests, passed or failed. */
export default async function labDown(): Promise<void> {
    if (!process.env.LAB_KEEP) {
        await labVerb("down");
    }
}
