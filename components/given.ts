/** Without the arguments that are there but undefined: those would hide the defaults. */
export function given<T extends object>(args: T = {} as T): T {
    return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as T;
}
