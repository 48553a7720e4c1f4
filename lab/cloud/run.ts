import { execa } from "execa";

/** Runs a program; an error has what it said. Gives its standard output. */
export async function run(command: string, args: string[], input = ""): Promise<string> {
    return (await execa(command, args, { input })).stdout;
}

export async function isInstalled(command: string): Promise<boolean> {
    return !(await execa("bash", ["-c", `command -v ${command}`], { reject: false })).failed;
}
