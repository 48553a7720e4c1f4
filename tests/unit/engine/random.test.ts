import { compare } from "bcryptjs";
import { provider } from "../../../lab/engine/random/provider.ts";
import { Plugin } from "./plugin";

const passwordType = "random:index/randomPassword:RandomPassword";
const stringType = "random:index/randomString:RandomString";
const bytesType = "random:index/randomBytes:RandomBytes";
const idType = "random:index/randomId:RandomId";

let plugin: Plugin;
beforeAll(async () => {
    plugin = await new Plugin(provider).start();
});
afterAll(() => plugin.stop());

/** By RandomString, which is the same but for the hash: that takes its time. */
async function password(inputs: Record<string, unknown>): Promise<string> {
    return (await plugin.create(stringType, inputs)).outputs.result as string;
}

function count(text: string, characters: RegExp): number {
    return [...text].filter((each) => characters.test(each)).length;
}

test("a password has its length and all four alphabets, and its hash fits", async () => {
    const { id, outputs } = await plugin.create(passwordType, { length: 2000 });
    const result = outputs.result as string;

    expect(id).toBe("none");
    expect(result).toHaveLength(2000);
    expect(new Set(result)).toEqual(
        new Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%&*()-_=+[]{}<>:?",
        ),
    );
    expect(outputs.bcryptHash).toMatch(/^\$2[ab]\$10\$/);
    expect(await compare(result.slice(0, 72), outputs.bcryptHash as string)).toBe(true);
});

test("alphabets can be left out, and the special one replaced", async () => {
    expect(await password({ length: 500, special: false })).toMatch(/^[a-zA-Z0-9]{500}$/);
    const special = { special: true, overrideSpecial: "_-" };
    const only = { upper: false, lower: false, numeric: false };
    expect(await password({ length: 100, ...only, ...special })).toMatch(/^[_-]{100}$/);
});

test("minimum counts hold, however short the password", async () => {
    for (let i = 0; i < 50; i++) {
        const counts = { minLower: 2, minUpper: 3, minNumeric: 4, minSpecial: 1 };
        const made = await password({ length: 10, ...counts, overrideSpecial: "_" });
        expect(made).toHaveLength(10);
        expect(count(made, /[a-z]/)).toBe(2);
        expect(count(made, /[A-Z]/)).toBe(3);
        expect(count(made, /[0-9]/)).toBe(4);
        expect(count(made, /_/)).toBe(1);
    }
});

test("the counts that must be there come at any place", async () => {
    const inputs = { length: 8, upper: false, lower: false, special: false, minUpper: 1 };
    const places = new Set<number>();
    for (let i = 0; i < 200; i++) {
        places.add((await password(inputs)).search(/[A-Z]/));
    }
    expect(places.size).toBe(8);
});

test("what cannot be is refused", async () => {
    const tooShort = await plugin.check(passwordType, { length: 3, minLower: 2, minUpper: 2 });
    expect(tooShort.failures).toEqual([
        "length: must be at least the sum of the minimum counts, 4, got: 3",
    ]);
    const empty = { length: 3, lower: false, upper: false, numeric: false, special: false };
    expect((await plugin.check(passwordType, empty)).failures).toEqual([
        "special: at least one of lower, upper, numeric, special must be true",
    ]);
    expect((await plugin.check(passwordType, {})).failures).toEqual([
        "length: missing required property",
    ]);
});

test("every change makes a new password; none keeps it, through a refresh, too", async () => {
    const made = await plugin.create(passwordType, { length: 8, keepers: { a: "1" } });

    const diff = await plugin.diff(passwordType, made, { length: 9, keepers: { a: "2" } });
    expect(diff.replaces.sort()).toEqual(["keepers", "length"]);
    const same = await plugin.diff(passwordType, made, { length: 8, keepers: { a: "1" } });
    expect(same.changes).toBe("none");
    expect(await plugin.read(passwordType, made)).toEqual(made);
});

test("a string's id is the string, that of bytes their Base64", async () => {
    const string = await plugin.create(stringType, { length: 8 });
    expect(string.id).toBe(string.outputs.result);

    const { id, outputs } = await plugin.create(bytesType, { length: 32 });
    expect(Buffer.from(id, "base64")).toHaveLength(32);
    expect(outputs).toMatchObject({
        base64: id,
        hex: Buffer.from(id, "base64").toString("hex"),
    });
});

test("an id is the same number in all its forms, with its prefix", async () => {
    const { id, outputs } = await plugin.create(idType, { byteLength: 8, prefix: "x-" });
    const hex = Buffer.from(id, "base64url").toString("hex");

    expect(outputs).toMatchObject({
        hex: `x-${hex}`,
        dec: `x-${BigInt(`0x${hex}`)}`,
        b64Url: `x-${id}`,
    });
});

test("refuses what it does not implement", async () => {
    await expect(plugin.create("random:index/randomPet:RandomPet", {})).rejects.toThrow(
        "the stand-in for the random plugin does not implement random:index/randomPet:RandomPet",
    );
    expect((await plugin.check(passwordType, { length: 8, entropy: 3 })).failures).toEqual([
        "entropy: this property is not implemented by the stand-in plugin",
    ]);
});
