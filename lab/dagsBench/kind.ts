import { parse } from "yaml";

/** The stack's setting `dags`, as far as it says where DAGs are. */
export interface DagsSetting {
    kind: string;
    path?: string;
    branch?: string;
    subdir?: string;
}

/** What the text of the stack's configuration file says; a stack that says nothing has csync2. */
export function dagsSetting(configuration: string): DagsSetting {
    const { config } = parse(configuration) as { config?: Record<string, unknown> };
    const setting = config?.["airflow-ha:dags"] as Partial<DagsSetting> | undefined;
    return { kind: "csync2", ...setting };
}
