import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./root";

/**
 * The text must be that of tests/golden/<file>. `UPDATE_GOLDEN=1 npm run test:unit` writes the files anew; their
 * diff is then to be read like code.
 */
export function expectGolden(file: string, text: string): void {
    const path = join(root, "tests", "golden", file);
    if (process.env.UPDATE_GOLDEN === "1") {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
    }
    expect(existsSync(path) ? readFileSync(path, "utf8") : `no file ${path}`).toBe(text);
}
