import sshpk from "sshpk";
import { z } from "zod";
import type { SshKey, Store } from "../store.ts";
import { invalidField, notUnique } from "./errors.ts";
import { labels, parse, resourceName } from "./input.ts";
import { listOf } from "./list.ts";
import { refuseName, withId } from "./named.ts";
import type { Route } from "./router.ts";

const creation = z.object({
    name: resourceName,
    public_key: z.string().trim().min(1),
    labels: labels.default({}),
});
const update = z.object({ name: resourceName.optional(), labels: labels.optional() });

export function sshKeyRoutes(store: Store): Route[] {
    const keys = store.state.sshKeys;
    const find = (id: string) => withId("SSH key", keys, id);
    return [
        [
            "GET",
            "/ssh_keys",
            ({ query }) => {
                const print = query.get("fingerprint");
                const found = keys.filter((each) => print === null || each.fingerprint === print);
                return { body: listOf("ssh_keys", found, query, (key) => key) };
            },
        ],
        ["GET", "/ssh_keys/:id", ({ params }) => ({ body: { ssh_key: find(params.id) } })],
        [
            "POST",
            "/ssh_keys",
            ({ body }) => {
                const given = parse(creation, body);
                const fingerprint = fingerprintOf(given.public_key);
                refuseName(keys, given.name);
                if (keys.some((each) => each.fingerprint === fingerprint)) {
                    throw notUnique(["public_key"]);
                }
                const created = new Date().toISOString();
                const key: SshKey = { id: store.nextId(), fingerprint, created, ...given };
                keys.push(key);
                store.save();
                return { body: { ssh_key: key } };
            },
        ],
        [
            "PUT",
            "/ssh_keys/:id",
            ({ params, body }) => {
                const key = find(params.id);
                const given = parse(update, body);
                refuseName(keys, given.name ?? key.name, key);
                Object.assign(key, given);
                store.save();
                return { body: { ssh_key: key } };
            },
        ],
        [
            "DELETE",
            "/ssh_keys/:id",
            ({ params }) => {
                keys.splice(keys.indexOf(find(params.id)), 1);
                store.save();
                return { status: 204 };
            },
        ],
    ];
}

/** MD5 in hexadecimal, as the API has it. */
function fingerprintOf(publicKey: string): string {
    try {
        return sshpk
            .parseKey(publicKey, "ssh")
            .fingerprint("md5")
            .toString("hex")
            .replace(/^MD5:/i, "");
    } catch {
        throw invalidField("public_key", "is no public SSH key in OpenSSH's format");
    }
}
