import { problem, type Problem } from "../problems";

/** The part of AirflowNode's arguments that people set. */
export interface AirflowSettings {
    workerConcurrency: number;
    defaultTaskRetries: number;
    apiWorkers: number;
    parsingProcesses: number;
    workerStopTimeout: number;
    httpsPort: number;
}

export const defaults: AirflowSettings = {
    workerConcurrency: 8,
    defaultTaskRetries: 1,
    apiWorkers: 1,
    parsingProcesses: 1,
    workerStopTimeout: 600,
    httpsPort: 443,
};

/** Least, most, and what is said to a value that is not between them. */
const limits: Record<keyof AirflowSettings, [number, number, string]> = {
    workerConcurrency: [1, 256, "allowed are 1 to 256 tasks at once"],
    defaultTaskRetries: [0, 100, "allowed are 0 to 100 retries"],
    apiWorkers: [1, 16, "allowed are 1 to 16 processes"],
    parsingProcesses: [1, 32, "allowed are 1 to 32 processes"],
    workerStopTimeout: [10, 86_400, "allowed are 10 to 86400 seconds"],
    httpsPort: [1, 65_535, "a TCP port is 1 to 65535"],
};

export function airflowProblems(settings: Partial<AirflowSettings>): Problem[] {
    const keys = Object.keys(limits) as (keyof AirflowSettings)[];
    return keys.flatMap((key) => {
        const value = settings[key] ?? defaults[key];
        const [least, most, allowed] = limits[key];
        const valid = Number.isInteger(value) && value >= least && value <= most;
        return valid ? [] : [problem(key, value, allowed)];
    });
}
