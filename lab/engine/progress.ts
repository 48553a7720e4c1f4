/** One line of progress for the person at the terminal; stdout is for results. */
export function progress(line: string): void {
    process.stderr.write(`${line}\n`);
}
