import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { nodes, run } from "../helpers/lab";
import { outputs, type Outputs } from "../helpers/outputs";
import { root } from "../helpers/root";

jest.setTimeout(10 * 60_000);

let stack: Outputs;
let browser: Browser;

beforeAll(async () => {
    stack = await outputs();
    const installed = await run("bash", ["lab/packages.sh", "chromium"], "", 10 * 60_000);
    if (installed.code !== 0) {
        throw new Error(installed.stderr);
    }
    browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        // Chromium's sandbox does not run as root.
        args: ["--no-sandbox"],
    });
});

afterAll(() => browser.close());

test.each(nodes)("the web UI of %s logs in over HTTPS and shows the Dags page", async (node) => {
    const { user, password } = stack.credentials.airflow;
    // The certificate is the stack's own; that it is the right one the REST client checks.
    const page = await browser.newPage({
        ignoreHTTPSErrors: true,
        viewport: { width: 1280, height: 800 },
    });
    page.setDefaultTimeout(120_000);
    await page.goto(stack.endpoints.web[node]);
    await page.locator("input[name=username]").fill(user);
    await page.locator("input[name=password]").fill(password);
    await page.locator("input[type=submit], button[type=submit]").first().click();
    await page.waitForURL((url) => !url.pathname.startsWith("/auth/login"));
    await page.goto(`${stack.endpoints.web[node]}/dags`);
    await page
        .getByTestId("dag-id")
        .or(page.getByText(/\d+ Dags?/i))
        .first()
        .waitFor();
    mkdirSync(join(root, "test-results"), { recursive: true });
    await page.screenshot({ path: join(root, "test-results", `dags-${node}.png`) });
    await page.close();
});
