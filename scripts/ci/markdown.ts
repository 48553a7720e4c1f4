/** A fenced block; the fence is longer than any run of backticks in the text, so that none can end it. */
export function fence(language: string, text: string): string {
    const marks = "`".repeat(Math.max(3, longestRun(text) + 1));
    return `${marks}${language}\n${text.replace(/\n*$/, "")}\n${marks}`;
}

/** Text as code in a line. */
export function code(text: string): string {
    const line = text.replaceAll(/\s+/g, " ");
    const marks = "`".repeat(longestRun(line) + 1);
    const space = /^`|`$/.test(line) ? " " : "";
    return `${marks}${space}${line}${space}${marks}`;
}

/** A section that opens by a click. */
export function details(summary: string, content: string): string {
    return `<details><summary>${escape(summary)}</summary>\n\n${content.trimEnd()}\n\n</details>`;
}

/** Each line of the content belongs to the list item. */
export function indent(content: string): string {
    return content.replaceAll(/^(?=.)/gm, "  ");
}

function escape(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function longestRun(text: string): number {
    return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
