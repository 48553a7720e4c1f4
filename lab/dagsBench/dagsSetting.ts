import { parse } from "yaml";

/** The setting `dags` in the text of a stack's configuration file; undefined where it says nothing. */
export function dagsSetting(configuration: string): Record<string, unknown> | undefined {
    const { config } = parse(configuration) as { config?: Record<string, unknown> };
    return config?.["airflow-ha:dags"] as Record<string, unknown> | undefined;
}
