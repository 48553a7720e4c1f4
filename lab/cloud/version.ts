import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

/** Names the code of the cloud in this checkout: a daemon of other code is replaced. */
export function codeVersion(): string {
    const directory = join(root, "lab/cloud");
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
    const hash = createHash("sha256");
    for (const file of files.filter((each) => /\.(ts|sh)$/.test(each)).sort()) {
        hash.update(file).update(readFileSync(join(directory, file)));
    }
    return hash.digest("hex").slice(0, 12);
}
