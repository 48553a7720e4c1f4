import { healthy, lab, tryLab } from "../helpers/lab";
import { resources } from "../helpers/outputs";

jest.setTimeout(20 * 60_000);

test("destroy leaves nothing, and up after it works", async () => {
    await lab(["pulumi", "destroy", "--yes", "--skip-preview"], "", 15 * 60_000);
    expect(await resources()).toEqual([]);
    const { code, stderr } = await tryLab(["status"]);
    expect(code).toBe(1);
    expect(stderr).toContain("the lab is not up: npm run lab");
    await lab(["up"]);
    await healthy();
});
