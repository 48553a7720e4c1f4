import * as airflowHa from "../../components";
import { everything } from "../helpers/everything";
import { record, type Registered } from "../helpers/mocks";

jest.setTimeout(60_000);

/** Pulumi refuses a second resource of the same type, name and parent's type: a stack could have no two clusters. */
describe("two of every component in one stack", () => {
    let registered: Registered[];

    beforeAll(async () => {
        registered = await record(() => {
            everything(airflowHa, "one");
            everything(airflowHa, "two");
        });
    });

    test("are made, each twice, or in each of their kinds and on each of their nodes", () => {
        const all: Record<string, number> = { AirflowNode: 6, DagSync: 6 };
        const types = registered.map(({ type }) => type);
        for (const component of Object.keys(airflowHa).filter((name) => name !== "ports")) {
            const made = types.filter((type) => type === `airflow-ha:index:${component}`);
            expect(`${component} ${made.length}`).toBe(`${component} ${all[component] ?? 2}`);
        }
    });

    test("give no two resources of the same type and name", () => {
        const names = registered.map(({ type, name }) => `${type} ${name}`);
        expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    });
});
