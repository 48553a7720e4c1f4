import type { Registered } from "../helpers/mocks";
import { recordProgram } from "../helpers/program";

jest.setTimeout(60_000);

const project = "airflow-ha";

describe.each(["dev", "lab"] as const)("index.ts with Pulumi.%s.yaml", (stack) => {
    let registered: Registered[];

    beforeAll(async () => {
        registered = await recordProgram(stack);
    });

    test("is made of these components", () => {
        const components = registered
            .filter(({ type }) => type.startsWith(`${project}:index:`))
            .map(({ type, name }) => `${type.split(":")[2]} ${name}`);
        expect(components).toEqual([
            "HetznerMachines airflow",
            "WireGuardMesh mesh",
            "EtcdCluster etcd",
            "PatroniPostgres postgres",
            "RabbitCluster rabbit",
            "DagSync dags",
            "AirflowSecrets airflow",
            "AirflowNode airflow-nbg1",
            "AirflowNode airflow-fsn1",
            "AirflowNode airflow-hel1",
        ]);
    });

    test("everything else belongs to one of them", () => {
        const strays = registered.filter(
            ({ type, parent }) => !type.startsWith(`${project}:index:`) && !/^[a-z]/.test(parent),
        );
        expect(strays).toEqual([]);
    });

    test("every password is made by a resource that keeps it encrypted", () => {
        const kinds = new Set(
            registered.map(({ type }) => type).filter((type) => type.startsWith("random:")),
        );
        expect([...kinds]).toEqual(["random:index/randomPassword:RandomPassword"]);
    });
});
