/** Characters that GitHub takes in a comment or an issue. */
export const limit = 65536;

export interface Section {
    /** How it is called where it is left out. */
    name: string;
    text: string;
}

/** Characters of the names of what is left out. */
const longestNames = 1000;

/** The head and as many of the sections as fit, in their order, and a line that says which do not. */
export function fit(head: string, sections: Section[], whole: string, size = limit): string {
    const kept = [head];
    const left: string[] = [];
    const between = "\n\n".length;
    let free = size - head.length - note("x".repeat(longestNames + 1), whole).length - 2 * between;
    for (const { name, text } of sections) {
        if (between + text.length <= free) {
            free -= between + text.length;
            kept.push(text);
        } else {
            left.push(name);
        }
    }
    const notes = left.length > 0 ? [note(left.join(", "), whole)] : [];
    return `${[...kept, ...notes].join("\n\n")}\n`;
}

function note(names: string, whole: string): string {
    const shown = names.length > longestNames ? `${names.slice(0, longestNames)}…` : names;
    return `GitHub takes ${limit} characters. Left out: ${shown}. All of it is in ${whole}.`;
}
