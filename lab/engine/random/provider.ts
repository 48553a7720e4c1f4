import { randomBytes } from "node:crypto";
import type { Provider, Resource } from "../provider/resource.ts";
import { randomPassword, randomString } from "./strings.ts";

const keepers = { type: "map", items: { type: "string" }, replaces: true } as const;
const size = { type: "number", required: true, minimum: 1, replaces: true } as const;

/** As in the real plugin, the resource's id is the secret itself, in plain: not for keys. */
const bytes: Resource = {
    inputs: { length: size, keepers },
    computed: ["base64", "hex"],
    create(inputs) {
        const made = randomBytes(Number(inputs.length));
        const base64 = made.toString("base64");
        return Promise.resolve({
            id: base64,
            outputs: { ...inputs, base64, hex: made.toString("hex") },
        });
    },
};

const id: Resource = {
    inputs: {
        byteLength: size,
        keepers,
        prefix: { type: "string", replaces: true },
    },
    computed: ["b64Std", "b64Url", "dec", "hex"],
    create(inputs) {
        const made = randomBytes(Number(inputs.byteLength));
        const prefix = typeof inputs.prefix === "string" ? inputs.prefix : "";
        const hex = made.toString("hex");
        const outputs = {
            ...inputs,
            b64Std: prefix + made.toString("base64"),
            b64Url: prefix + made.toString("base64url"),
            dec: prefix + BigInt(`0x${hex}`).toString(),
            hex: prefix + hex,
        };
        return Promise.resolve({ id: made.toString("base64url"), outputs });
    },
};

export const provider: Provider = {
    name: "random",
    keepsSecrets: false,
    config: {},
    resources: {
        "random:index/randomPassword:RandomPassword": randomPassword,
        "random:index/randomString:RandomString": randomString,
        "random:index/randomBytes:RandomBytes": bytes,
        "random:index/randomId:RandomId": id,
    },
};
