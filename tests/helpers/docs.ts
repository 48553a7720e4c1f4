import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./root";

/** A fenced block of a page. */
export interface Block {
    page: string;
    line: number;
    /** What stands after the fence: the language, then for whom it is. */
    info: string;
    text: string;
}

/** All pages for readers, by their paths in the checkout. */
export function pages(): string[] {
    const args = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
    const listed = execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim().split("\n");
    return listed.filter((path) => !/^(docs\/api|tests)\//.test(path));
}

export function read(page: string): string {
    return readFileSync(join(root, page), "utf8");
}

/** The page's fenced blocks, without the indentation that they have in lists. */
export function blocks(page: string): Block[] {
    const fence = /^( *)```(.+)\n([\s\S]*?)^\1```$/gm;
    const text = read(page);
    return [...text.matchAll(fence)].map((match) => ({
        page,
        line: text.slice(0, match.index).split("\n").length,
        info: match[2].trim(),
        text: match[3].replaceAll(new RegExp(`^${match[1]}`, "gm"), ""),
    }));
}
