/** A table in Markdown whose columns are aligned: the first one to the left, all others, figures, to the right. */
export function markdownTable(head: string[], rows: string[][]): string {
    const widths = head.map((_, column) =>
        Math.max(...[head, ...rows].map((row) => row[column].length)),
    );
    const aligned = (row: string[]) =>
        `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
    const rule = `|${widths.map((width, column) => "-".repeat(width + 1) + (column === 0 ? "-" : ":")).join("|")}|`;
    return [aligned(head), rule, ...rows.map(aligned)].join("\n");
}
