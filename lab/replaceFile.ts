import { randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";

/** Writes a file that only its owner can read, at once: other commands of this lab may read it meanwhile. */
export async function replaceFile(path: string, text: string): Promise<void> {
    const part = `${path}.${randomUUID()}`;
    await writeFile(part, text, { mode: 0o600 });
    await rename(part, path);
}
