import { request } from "node:https";

/** How Airflow's REST API is reached, on one node. */
export interface AirflowLogin {
    /** `https://198.18.0.2` */
    url: string;
    /** PEM of the certificate that the node must show. */
    certificate: string;
    user: string;
    password: string;
}

/** A DAG run's state that does not change any more, or the state so far. */
export type RunState = "queued" | "running" | "success" | "failed";

/** One task of a run; `hostname` is the node that ran it. */
export interface TaskInstance {
    state: string;
    hostname: string;
    map_index: number;
}

/** The part of Airflow's REST API (v2) that the lab and its tests use. */
export class AirflowApi {
    private readonly login: AirflowLogin;
    private token: string | undefined;

    constructor(login: AirflowLogin) {
        this.login = login;
    }

    /** Unpauses the DAG and starts a run; gives the run's id. Fails while the DAG is not known. */
    async trigger(dag: string): Promise<string> {
        await this.call("PATCH", `/dags/${dag}`, { is_paused: false });
        const run = await this.call("POST", `/dags/${dag}/dagRuns`, { logical_date: null });
        return (run as { dag_run_id: string }).dag_run_id;
    }

    async runState(dag: string, run: string): Promise<RunState> {
        const answer = await this.call("GET", `/dags/${dag}/dagRuns/${encodeURIComponent(run)}`);
        return (answer as { state: RunState }).state;
    }

    /** The task instances of a run: state and the host that ran each. */
    async tasks(dag: string, run: string): Promise<TaskInstance[]> {
        const path = `/dags/${dag}/dagRuns/${encodeURIComponent(run)}/taskInstances?limit=100`;
        const answer = await this.call("GET", path);
        return (answer as { task_instances: TaskInstance[] }).task_instances;
    }

    /** One call; an answer that is not 2xx is an error with its text. */
    async call(method: string, path: string, body?: unknown): Promise<unknown> {
        this.token ??= await this.newToken();
        return this.send(method, `/api/v2${path}`, body, { Authorization: `Bearer ${this.token}` });
    }

    private async newToken(): Promise<string> {
        const { user, password } = this.login;
        const answer = await this.send("POST", "/auth/token", { username: user, password }, {});
        return (answer as { access_token: string }).access_token;
    }

    private send(
        method: string,
        path: string,
        body: unknown,
        headers: Record<string, string>,
    ): Promise<unknown> {
        const { url, certificate } = this.login;
        const text = body === undefined ? "" : JSON.stringify(body);
        return new Promise((resolve, reject) => {
            const outgoing = request(
                new URL(path, url),
                {
                    method,
                    ca: certificate,
                    timeout: 30_000,
                    headers: { ...headers, "Content-Type": "application/json" },
                },
                (answer) => {
                    let received = "";
                    answer.on("data", (data: Buffer) => (received += data.toString()));
                    answer.on("error", reject);
                    answer.on("end", () => {
                        const status = answer.statusCode ?? 0;
                        if (status >= 200 && status < 300) {
                            resolve(received === "" ? undefined : JSON.parse(received));
                        } else {
                            reject(new Error(`${method} ${path}: ${status} ${received}`));
                        }
                    });
                },
            );
            outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: 30 s`)));
            outgoing.on("error", reject);
            outgoing.end(text);
        });
    }
}
