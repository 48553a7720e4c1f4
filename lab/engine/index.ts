import { delimiter, dirname, join } from "node:path";
import { root } from "../root.ts";
import { findCli } from "./cli.ts";
import { ensureHome } from "./home.ts";

/**
 * Makes the Pulumi CLI, its Node.js language host and the program's plugins usable, with progress on stderr, and
 * gives the environment to run `pulumi` in. Add to it the backend's URL, the stack and the passphrase.
 *
 * Official plugins are used where LAB_PLUGIN_PATH names a directory that has them, or where Pulumi's download can
 * be reached; this checkout's stand-ins elsewhere.
 */
export async function ensureEngine(): Promise<{ env: Record<string, string> }> {
    const cli = await findCli();
    const home = await ensureHome(cli);
    const path = [
        dirname(home.cli),
        // An official language host takes `node` from PATH: it has to be the pinned one.
        join(root, "node_modules/.bin"),
        process.env.PATH ?? "",
    ];
    return {
        env: {
            PATH: path.join(delimiter),
            PULUMI_HOME: home.directory,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
            // What is missing is named at once, instead of after a download that cannot be reached.
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            // `npm run check` checks the program's types.
            PULUMI_NODEJS_TRANSPILE_ONLY: "true",
            LAB_ENGINE_CHECKOUT: root,
        },
    };
}
