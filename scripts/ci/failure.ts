/** Runs a command; an error ends it with one line on standard error and exit code 1. */
export async function report(command: () => unknown): Promise<void> {
    try {
        await command();
    } catch (error) {
        console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
    }
}
