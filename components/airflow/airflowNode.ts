import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DagSync } from "../dagsync";
import type { Entrance, MeshNode } from "../node";
import type { Database } from "../patroni";
import { given } from "../given";
import { ports } from "../ports";
import { refuse } from "../problems";
import type { Broker } from "../rabbit";
import type { RemoteFile, RemoteScript } from "../remote";
import type { AirflowSecrets } from "./airflowSecrets";
import { createLogCopies } from "./logCopies";
import { OnNode } from "./onNode";
import { airflowConfig, configFolder, environment } from "./render";
import { flowerEnvironment, secretsEnvironment } from "./renderSecrets";
import { awaitDatabasePath, dagProcessorFolder, target, units } from "./renderUnits";
import { watchdogPath } from "./renderWatchdog";
import { createWebEntrance } from "./webEntrance";
import { airflowProblems, defaults, placeProblems, type AirflowSettings } from "./validate";

/** Where one node's Airflow runs, what it stands on, and its settings. */
export interface AirflowNodeArgs {
    /** The machine to set up: one of the nodes of the database, of the broker and of the DAGs. */
    node: MeshNode;
    /** All machines that run Airflow, this one too: HAProxy leads to every API server. */
    nodes: MeshNode[];
    /** The metadata database, which also keeps the results of Celery. */
    database: Database;
    /** What brings tasks from the schedulers to the workers: one virtual host that is Airflow's alone. */
    broker: Broker;
    /** Where the DAGs come from. */
    dags: DagSync;
    /** Keys, logins and certificate: the same for all nodes. */
    secrets: AirflowSecrets;
    /**
     * The node that is set up before this one. It, or the first one in this row, migrates the database, which all
     * others await; a changed setting is put into effect on it first. @default this is the first node
     */
    previous?: AirflowNode;
    /** Tasks that the node's worker runs at once, 1 to 256. @default 8 */
    workerConcurrency?: number;
    /** Retries of a task that sets none itself, 0 to 100: without one a lost machine fails its tasks. @default 1 */
    defaultTaskRetries?: number;
    /**
     * Processes of the API server, each of about 300 MiB, 1 to 16. HAProxy's check warms up one of them: the first
     * requests to each other one after a start take seconds. @default 1
     */
    apiWorkers?: number;
    /** DAG files that are read at the same time, 1 to 32. @default 1 */
    parsingProcesses?: number;
    /** Seconds that running tasks get to end before their worker is stopped, 10 to 86400. @default 600 */
    workerStopTimeout?: number;
    /** TCP port of the web UI, 1 to 65535 and none of `ports` but `https`. @default 443 */
    httpsPort?: number;
    /** Where the web UI is open to a load balancer: `entrance` of HetznerLoadBalancer. @default there is none */
    entrance?: Entrance;
}

/**
 * Every kind of Airflow's processes on one machine: API server, scheduler, DAG processor, triggerer, Celery worker and
 * Flower, and the web UI over HTTPS. Any of them may die on any node; the same on the others goes on, and of the DAG
 * processors, which work one at a time, another one begins.
 */
export class AirflowNode extends pulumi.ComponentResource {
    /** When it is done, the database is as this version of Airflow wants it. */
    private readonly migration: pulumi.Resource;
    /** When it is done, this node runs with its settings. */
    private readonly applied: pulumi.Resource;

    private readonly on: OnNode;
    /** What tells Airflow where DAGs are: a kind of DAGs that is refused must not be found here by the next restart. */
    private readonly afterDags: OnNode;
    private readonly args: AirflowNodeArgs & AirflowSettings;

    /**
     * `name` begins the names of all that it makes.
     * @throws ResourceError that names each wrong argument; nothing is made then.
     */
    constructor(name: string, args: AirflowNodeArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-ha:index:AirflowNode", name, {}, opts);
        refuse(this, name, [...placeProblems(args), ...airflowProblems(args)]);
        this.on = new OnNode(name, args.node, this);
        this.afterDags = new OnNode(name, args.node, this, [args.dags]);
        this.args = { ...defaults, ...given(args) };

        const install = this.createInstallation();
        const settings = this.createSettings();
        this.migration = args.previous?.migration ?? this.createMigration(install, settings);
        const start = this.createProcesses(install, settings);
        this.applied = this.createApplication(install, start);
        createWebEntrance(name, this.args, this);

        this.registerOutputs({});
    }

    private createInstallation(): Installation {
        const folder = "/opt/airflow";
        const files = [
            this.on.file(
                "requirements",
                `${folder}/requirements.lock`,
                locked("requirements.lock"),
            ),
            this.on.file("installer", `${folder}/uv.lock`, locked("uv.lock")),
            this.on.program("run", "/usr/local/lib/airflow-ha/airflow-run", "airflow-run.sh"),
        ];
        const installed = this.on.script("install", "airflow-install.sh", { files });
        return { files, installed };
    }

    /**
     * Written before anything of Airflow runs. What holds passwords does not wait for the DAGs: the database and the
     * broker have taken new ones already.
     */
    private createSettings(): RemoteFile[] {
        const { node, nodes, database, broker, dags, secrets } = this.args;
        const settings = { ...this.args, dags: dags.bundle, outage: database.outage ?? 30 };
        const backends = { database, broker };
        const keys = pulumi.output({
            fernetKey: secrets.fernetKey,
            jwtSecret: secrets.jwtSecret,
            apiSecretKey: secrets.apiSecretKey,
            flowerPassword: secrets.flower.password,
            databasePassword: database.password,
            brokerPassword: broker.password,
        });
        const at = (file: string) => `${configFolder}/${file}`;
        return [
            this.afterDags.file("config", at("airflow.cfg"), airflowConfig(node, settings)),
            this.afterDags.file("environment", at("airflow.env"), environment(nodes, dags.bundle)),
            this.on.file(
                "secrets",
                at("secrets.env"),
                keys.apply((plain) => secretsEnvironment(node, backends, plain)),
                "0600",
            ),
            this.on.file(
                "flower-environment",
                at("flower.env"),
                keys.apply((plain) => flowerEnvironment(node, broker, plain)),
                "0600",
            ),
        ];
    }

    /** The database's tables, Airflow's roles and the first user: once for all nodes, and again with each version. */
    private createMigration(install: Installation, settings: RemoteFile[]): RemoteScript {
        const { database, secrets } = this.args;
        const password = this.on.file(
            "admin-password",
            `${configFolder}/admin.password`,
            secrets.admin.password,
            "0600",
        );
        const program = this.on.program(
            "admin",
            "/usr/local/lib/airflow-ha/airflow-admin.py",
            "airflow-admin.py",
            "0644",
        );
        return this.on.script("migrate", "airflow-migrate.sh", {
            variables: { ADMIN: secrets.admin.user, PASSWORD_FILE: password.path },
            files: [...install.files, password, program],
            dependsOn: [install.installed, ...settings, database.component],
        });
    }

    private createProcesses(install: Installation, settings: RemoteFile[]): Processes {
        const { node, nodes, broker, database, dags } = this.args;
        const { afterDags } = this;
        const folder = "/etc/systemd/system";
        const peers = nodes.filter((peer) => peer.name !== node.name);
        const services = units(node, { ...this.args, behind: dags.bundle.behind });
        const files = [
            ...settings,
            afterDags.program("await-database", awaitDatabasePath, "airflow-await-database.sh"),
            afterDags.program("hung", watchdogPath, "airflow_watchdog.py", "0644"),
            ...["airflow_dag_processor.py", "systemd_notify.py"].map((program) =>
                afterDags.program(program, `${dagProcessorFolder}/${program}`, program, "0644"),
            ),
            afterDags.file("target", `${folder}/airflow.target`, target),
            ...Object.entries(services).map(([unit, text]) =>
                afterDags.file(unit.replace(/^airflow-/, ""), `${folder}/${unit}.service`, text),
            ),
        ];
        const variables = {
            UNITS: Object.keys(services).join(" "),
            API: `http://${node.meshAddress}:${ports.airflowApi}`,
            WORKER_STOP_TIMEOUT: String(this.args.workerStopTimeout),
        };
        const started = this.on.script("start", "airflow-start.sh", {
            variables: { ...variables, RESTART: "no" },
            files,
            dependsOn: [
                install.installed,
                createLogCopies(this.on, node, peers, [install.installed, ...files]),
                this.migration,
                database.component,
                broker.component,
                dags,
            ],
        });
        return { files, variables, started };
    }

    /** What changes on running nodes takes effect on one after the other. */
    private createApplication(install: Installation, processes: Processes): RemoteScript {
        const { previous } = this.args;
        return this.on.script("apply", "airflow-start.sh", {
            variables: { ...processes.variables, RESTART: "yes" },
            files: [...install.files, ...processes.files],
            dependsOn: [processes.started, ...(previous ? [previous.applied] : [])],
        });
    }
}

interface Installation {
    files: RemoteFile[];
    installed: RemoteScript;
}

interface Processes {
    files: RemoteFile[];
    variables: Record<string, string>;
    started: RemoteScript;
}

function locked(file: string): string {
    return readFileSync(join(__dirname, file), "utf8");
}
