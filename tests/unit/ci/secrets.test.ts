import { parseEvents } from "../../../scripts/ci/events";
import { renderComment } from "../../../scripts/ci/render";
import { hide } from "../../../scripts/ci/secrets";
import { file, preview, script, secret, unknown, type Inputs } from "./events";

/** Whatever holds it must not be in a comment. */
const treasure = "correct-horse-battery";

const signature = "4dabf18193072939515e22adb298388d";
const kind = "1b47061264138c4ac30d75fd1eb44270";

/** All forms in which one side of an input can be secret. */
const shapes: [string, unknown][] = [
    ["blacked out by the engine", secret],
    ["a text that is blacked out", "[secret]"],
    ["a text of which a part is blacked out", `user:[secret]@host ${treasure}`],
    ["decrypted, as --show-secrets gives it", { [signature]: kind, plaintext: `"${treasure}"` }],
    ["with its value", { [signature]: kind, value: treasure }],
    ["encrypted", { [signature]: kind, ciphertext: `v1:${treasure}` }],
    ["as JSON in a text", JSON.stringify({ [signature]: kind, value: treasure })],
    ["deep in an object", { a: { b: { [signature]: kind, value: treasure } } }],
    ["in a list", ["plain", { [signature]: kind, value: treasure }]],
];

const plain: [string, unknown][] = [
    ["the same in plain", treasure],
    ["a list that holds it", ["other", treasure]],
    ["an object that holds it", { a: { b: treasure, c: "harmless" } }],
    ["a value that is known later", unknown],
    ["nothing", undefined],
];

type Make = (value: unknown) => Inputs;

/** Where a value may stand. */
const places: [string, string, Make][] = [
    ["a file's text", "command:remote:Command", (value) => file("/etc/secret", value)],
    [
        "a file's path",
        "command:remote:Command",
        (value) => ({ ...file("/etc/secret", "a\n"), triggers: [value], create: value }),
    ],
    [
        "a script's command and text",
        "command:remote:Command",
        (value) => ({ ...script("A='a'"), create: value, update: value, stdin: value }),
    ],
    ["an input of a server", "hcloud:index/server:Server", (userData) => ({ name: "a", userData })],
];

/** Which value is on which side: secret before, after, and on both. */
const pairs = shapes.flatMap(([shape, value]) => [
    [`${shape}, on both sides`, value, value] as const,
    ...plain.flatMap(([other, meets]) => [
        [`${shape}, then ${other}`, value, meets] as const,
        [`${other}, then ${shape}`, meets, value] as const,
    ]),
]);

describe.each(places)("%s", (_, type, make) => {
    test.each(pairs)("%s", (_, before, after) => {
        for (const op of ["update", "replace"]) {
            const step = { op, in: "RabbitCluster rabbit", name: "rabbit-a-start", type };
            const events = preview([
                { ...step, before: make(before), after: make(after), diffs: ["stdin", "userData"] },
            ]);
            const comment = renderComment(parseEvents(events), { stack: "dev" });
            expect(comment).toContain("rabbit-a-start");
            expect(comment).not.toContain(treasure);
        }
    });
});

test("the values beside a secret stay readable", () => {
    expect(hide({ a: secret, b: "old" }, { a: treasure, b: "new", c: 1 })).toEqual([
        { a: "[secret]", b: "old" },
        { a: "[secret]", b: "new", c: 1 },
    ]);
});

test("a list with a secret is hidden as a whole: its items may have moved", () => {
    expect(hide([secret, "b"], [treasure])).toEqual(["[secret]", "[secret]"]);
});

test("a changed secret file says that it changed", () => {
    const step = { op: "update", in: "RabbitCluster rabbit", name: "rabbit-a-cookie" };
    const both = file("/var/lib/rabbitmq/.erlang.cookie", secret);
    const events = preview([{ ...step, before: both, after: both, diffs: ["stdin"] }]);
    expect(renderComment(parseEvents(events), { stack: "dev" })).toContain(
        "- update `rabbit-a-cookie`: `/var/lib/rabbitmq/.erlang.cookie`, `[secret]` changed",
    );
});
