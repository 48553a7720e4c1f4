/** The value as one POSIX shell word: a shell that reads it sees exactly these characters. */
export function quote(value: string): string {
    if (value.includes("\0")) {
        throw new Error("a shell word cannot hold a NUL character");
    }
    return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** The command as root: as it is for root, through sudo for anybody else, who must be let through without a password. */
export function asRoot(user: string | undefined, command: string): string {
    // sudo drops the variable by which a script knows whom it would lock out.
    const sudo = 'sudo -n env SSH_CONNECTION="$SSH_CONNECTION" sh -c';
    return user === undefined || user === "root" ? command : `${sudo} ${quote(command)}`;
}

/** Stops a unit of systemd for good; fails only when it runs on. Its file may be gone already. */
export function stopCommand(unit: string): string {
    return `systemctl disable --quiet --now ${unit}; ! systemctl --quiet is-active ${unit}`;
}

/** `NAME='value' …`, the variables in front of a command, sorted by name. */
export function assignments(variables: Record<string, string>): string {
    return Object.entries(variables)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => {
            if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
                throw new Error(`"${name}" is no name for a shell variable: A-Z, 0-9 and _ are`);
            }
            return `${name}=${quote(value)}`;
        })
        .join(" ");
}
