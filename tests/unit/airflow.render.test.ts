import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleOf } from "../../components/dagsync/bundle";
import { airflowConfig, environment, heartbeats } from "../../components/airflow/render";
import { balancerSection, haproxySections } from "../../components/airflow/renderHaproxy";
import {
    brokerUrl,
    fernetKeyFrom,
    flowerEnvironment,
    secretsEnvironment,
} from "../../components/airflow/renderSecrets";
import { receiverSocket, receiverUnit } from "../../components/airflow/renderLogCopies";
import { target, units } from "../../components/airflow/renderUnits";
import { defaults } from "../../components/airflow/validate";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();
const folder = bundleOf({ nodes, path: "/srv/airflow/dags" });
const backends = {
    database: { name: "airflow", user: "airflow", host: "127.0.0.1", port: 5000 },
    broker: { vhost: "airflow", user: "airflow", port: 5672, hosts: nodes },
};
const keys = {
    fernetKey: "fernet",
    jwtSecret: "jwt",
    apiSecretKey: "api",
    flowerPassword: "flower",
    databasePassword: "database",
    brokerPassword: "broker",
};

test("airflow.cfg of a node", () => {
    const settings = { ...defaults, dags: folder, outage: 30 };
    expectGolden("airflow/airflow.cfg", airflowConfig(nodes[1], settings));
});

test("nodes differ in their own name and address only", () => {
    const settings = { ...defaults, dags: folder, outage: 30 };
    const [first, second] = nodes.map((node) =>
        airflowConfig(node, settings)
            .replaceAll(node.name, "NAME")
            .replaceAll(node.meshAddress, "ADDRESS"),
    );
    expect(first).toBe(second);
});

test("a task outlives a failover, and ends where it cannot be heard before it starts elsewhere", () => {
    for (const outage of [30, 45, 100]) {
        const { missed, patience, timeout } = heartbeats({ outage });
        expect(patience).toBe(missed * 5);
        expect(patience).toBeGreaterThanOrEqual(outage + 5);
        expect(timeout).toBe(missed * 7 + 1);
    }
    expect(heartbeats({ outage: 30 })).toEqual({ missed: 7, patience: 35, timeout: 50 });
});

test("the environment without secrets", () => {
    expectGolden("airflow/airflow.env", environment(nodes));
});

test("DAGs of a repository", () => {
    const dags = bundleOf({ kind: "git", nodes, subdir: "dags" });
    const text = airflowConfig(nodes[0], { ...defaults, dags, outage: 30 });
    const [line] = /^dag_bundle_config_list = .*$/m.exec(text) ?? [];
    expect(line).toBe(
        'dag_bundle_config_list = [{"name":"dags","classpath":"airflow.providers.git.bundles.git.GitDagBundle",' +
            '"kwargs":{"repo_url":"file:///srv/airflow/dags.git","tracking_ref":"airflow-ha/dags","subdir":"dags",' +
            '"git_conn_id":"airflow_ha_dags","refresh_interval":3}}]',
    );
    expect(environment(nodes, dags)).toBe(
        `${environment(nodes)}AIRFLOW_CONN_AIRFLOW_HA_DAGS=git://\n`,
    );
});

test("another repository is cloned to another place: Airflow never clones anew what it has a clone of", () => {
    const clonesOf = (path?: string) => {
        const dags = bundleOf({ kind: "git", nodes, path });
        const text = airflowConfig(nodes[0], { ...defaults, dags, outage: 30 });
        return /^dag_bundle_storage_path = (.*)$/m.exec(text)?.[1];
    };
    expect(clonesOf()).toBe("/var/lib/airflow/bundles/srv/airflow/dags.git");
    expect(clonesOf("/srv/team/dags.git")).toBe("/var/lib/airflow/bundles/srv/team/dags.git");
});

test("the environment with secrets, and Flower's, that knows the broker only", () => {
    expectGolden("airflow/secrets.env", secretsEnvironment(nodes[1], backends, keys));
    const flower = flowerEnvironment(nodes[1], backends.broker, keys);
    expectGolden("airflow/flower.env", flower);
    expect(flower).not.toMatch(/fernet|jwt|database/);
});

test("a shell reads the values as they are meant", () => {
    const text = secretsEnvironment(nodes[0], backends, keys);
    const script = `${text}printf %s "$CELERY_BROKER_READ_URL"`;
    const read = execFileSync("bash", ["-c", script], { encoding: "utf8" });
    expect(read).toBe(brokerUrl(nodes[0], backends.broker, keys.brokerPassword));
});

test("each node asks its own broker first, then the others", () => {
    const hosts = (at: number) =>
        [...brokerUrl(nodes[at], backends.broker, "p").matchAll(/@([\d.]+):/g)].map(([, to]) => to);
    expect(hosts(0)).toEqual(["10.90.0.1", "10.90.0.2", "10.90.0.3"]);
    expect(hosts(2)).toEqual(["10.90.0.3", "10.90.0.1", "10.90.0.2"]);
});

test("a Fernet key is 32 bytes in URL-safe base64", () => {
    for (const random of ["a", "b", "c", "d", "e", "f"]) {
        const key = fernetKeyFrom(random);
        expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/);
        expect(Buffer.from(key, "base64url")).toHaveLength(32);
    }
});

test("HAProxy's sections", () => {
    expectGolden("airflow/haproxy.cfg", haproxySections(nodes, 443));
});

test("HAProxy's section for a load balancer", () => {
    const entrance = { address: "10.91.0.4", source: "10.91.0.2" };
    expectGolden("airflow/haproxy-balancer.cfg", balancerSection(nodes[1], entrance));
});

describe("units", () => {
    const services = units(nodes[1], { ...defaults, database: backends.database, nodes });
    const receiver = {
        "airflow-log-receiver.socket": receiverSocket(nodes[1]),
        "airflow-log-receiver@.service": receiverUnit,
    };
    let folder: string;

    beforeAll(() => {
        folder = mkdtempSync(join(tmpdir(), "airflow-ha-units-"));
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    test.each(Object.keys(services))("%s", (unit) => {
        expectGolden(`airflow/${unit}.service`, services[unit]);
    });

    test.each(Object.entries(receiver))("%s", (unit, text) =>
        expectGolden(`airflow/${unit}`, text),
    );

    test("systemd finds nothing to say about them", () => {
        const files = Object.entries({ "airflow.target": target, ...services, ...receiver }).map(
            ([unit, text]) => {
                const file = join(folder, unit.includes(".") ? unit : `${unit}.service`);
                // Airflow is not installed here, and a command that is missing would be all that is said.
                writeFileSync(file, text.replace(/^(ExecStart(?:Pre)?=)\S+/gm, "$1/bin/true"));
                return file;
            },
        );
        const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...files], {
            encoding: "utf8",
        });
        expect(stderr).toBe("");
        expect(status).toBe(0);
    });

    test("none has a secret in its command, and each is restarted for ever", () => {
        for (const text of Object.values(services)) {
            expect(text).not.toMatch(/password|secret_key|basic.auth/i);
            expect(text).toContain("\nRestart=always\n");
            expect(text).toContain("\nStartLimitIntervalSec=0\n");
        }
    });
});
