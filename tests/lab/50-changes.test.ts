import { configured } from "../helpers/config";
import { eventually, lab, nodes, on, tryLab } from "../helpers/lab";
import { outputs } from "../helpers/outputs";

jest.setTimeout(15 * 60_000);

test("a second up changes nothing", async () => {
    await lab(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes"]);
});

test("refresh is clean", async () => {
    await lab(["pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await lab(["pulumi", "preview", "--expect-no-changes"]);
});

test("a changed setting is a readable diff of one file, and up applies it", async () => {
    const { credentials } = await outputs();
    const workMem = async (node: (typeof nodes)[number]) => {
        const { user, password } = credentials.postgres;
        const connect = `psql -h $(hostname) -U ${user} -d airflow -Atc "show work_mem"`;
        return (await on(node, `export PGPASSWORD=${password}; ${connect}`)).trim();
    };
    const before = await workMem(nodes[0]);
    const other = configured({ postgresParameters: { work_mem: "13MB" } });

    const diff = await lab(["pulumi", "preview", "--diff", "--color=never", ...other]);
    // Pulumi knows that the file is YAML and shows the one value.
    expect(diff).toMatch(/work_mem\s*: "4MB" => "13MB"/);
    expect(diff).not.toMatch(/to (create|delete|replace)/);

    await lab(["pulumi", "up", "--yes", "--skip-preview", ...other]);
    for (const node of nodes) {
        await eventually(`work_mem on ${node}`, async () =>
            (await workMem(node)) === "13MB" ? true : undefined,
        );
    }
    await lab(["pulumi", "up", "--yes", "--skip-preview"]);
    for (const node of nodes) {
        await eventually(`work_mem back on ${node}`, async () =>
            (await workMem(node)) === before ? true : undefined,
        );
    }
});

test("another order of the machines, which would give them other addresses, changes none of them", async () => {
    const swapped = configured({ locations: ["fsn1", "nbg1", "hel1"] });
    const up = ["pulumi", "up", "--yes", "--skip-preview", "--color=never"];
    const { code, stdout, stderr } = await tryLab([...up, ...swapped]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(
        /know this machine as 10\.90\.0\.1\/24, and it cannot become 10\.90\.0\.2\/24/,
    );
    await lab(["status"]);
    // Back in order, there is nothing to be set right on a machine.
    expect(await lab(up)).not.toContain("command:remote:Command");
});

test("bad settings are one error that names all of them, before anything is changed", async () => {
    const bad = configured({
        locations: ["nbg1", "nbg1"],
        adminCidrs: [],
        meshCidr: "10.90.0.0/33",
        httpsPort: 5432,
    });
    const { code, stdout, stderr } = await tryLab(["pulumi", "preview", "--color=never", ...bad]);
    expect(code).not.toBe(0);
    const said = stdout + stderr;
    for (const key of ["locations", "adminCidrs", "meshCidr", "httpsPort"]) {
        expect(said).toMatch(new RegExp(`^\\s*- ${key}`, "m"));
    }
    expect(said).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
});
