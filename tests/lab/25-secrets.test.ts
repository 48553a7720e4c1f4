import { lab, nodes, on } from "../helpers/lab";
import { resources } from "../helpers/outputs";

jest.setTimeout(5 * 60_000);

const secretSignature = "4dabf1";
/** The mark's own value, which stands inside of secrets that hold secrets. */
const mark = "1b47061264138c4ac30d75fd1eb44270";

/** Every word of a secret that is long enough to be one. */
let words: string[];

beforeAll(async () => {
    const state = JSON.parse(await lab(["pulumi", "stack", "export", "--show-secrets"])) as object;
    // A private key's file holds its public key too, and the certificate stands in one file with its key.
    const known = [mark, ...publicTexts(state)].join("\n");
    const found = secretTexts(state).flatMap(longWords);
    words = [...new Set(found)].filter((word) => !known.includes(word));
});

function secretTexts(value: unknown): string[] {
    if (value === null || typeof value !== "object") {
        return [];
    }
    const secret = Object.entries(value).find(([key]) => key.startsWith(secretSignature));
    const { plaintext } = value as { plaintext?: string };
    if (secret && plaintext !== undefined) {
        return texts(JSON.parse(plaintext));
    }
    return Object.values(value).flatMap(secretTexts);
}

/** What is public by its name: public keys, of machines too, and certificates. */
function publicTexts(value: unknown): string[] {
    if (value === null || typeof value !== "object") {
        return [];
    }
    return Object.entries(value).flatMap(([key, each]) =>
        /^publicKey|^certPem$|^knownHosts$/.test(key) && typeof each === "string"
            ? [each]
            : publicTexts(each),
    );
}

function texts(value: unknown): string[] {
    if (typeof value === "string") {
        return [value];
    }
    return value !== null && typeof value === "object" ? Object.values(value).flatMap(texts) : [];
}

/** Passwords, and lines of keys: names and paths have no such mixture. */
function longWords(text: string): string[] {
    return text
        .split(/[\s"',;:@=]+/)
        .filter(
            (word) =>
                word.length >= 30 && [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word)),
        );
}

test("there are secrets to look for", () => {
    expect(words.length).toBeGreaterThan(30);
});

function found(text: string): number {
    return words.filter((word) => text.includes(word)).length;
}

test("none is plain in the exported stack or an output", async () => {
    expect(found(await lab(["pulumi", "stack", "export"]))).toBe(0);
    expect(found(await lab(["pulumi", "stack", "output", "--json"]))).toBe(0);
});

test("none is plain in a preview of their renewal", async () => {
    const renewed = (await resources())
        .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
        .flatMap(({ urn }) => ["--replace", urn]);
    const preview = await lab(["pulumi", "preview", "--diff", "--color=never", ...renewed]);
    // It shows the files that hold them, old and new.
    expect(preview).toMatch(/stdin\s*: \[secret\]/);
    expect(found(preview)).toBe(0);
});

test.each(nodes)("none is in a command line, the journal or a file for all on %s", async (node) => {
    const script = `
set -uo pipefail
patterns=$(mktemp /run/lab-patterns.XXXXXX)
trap 'rm -f "$patterns"' EXIT
cat >"$patterns" <<'WORDS'
${words.join("\n")}
WORDS
for process in /proc/[0-9]*; do
    tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -qFf "$patterns" && echo "command line of $process: $(cat "$process/comm")"
done
journalctl --no-pager --output cat | grep -cFf "$patterns" | sed -n 's/^[1-9].*/journal: & lines/p'
find / -xdev -type f -perm /0027 -size -10M \\
    -not -path '/proc/*' -not -path '/sys/*' -not -path '/usr/*' -not -path '/opt/airflow/*/lib/*' -print0 |
    xargs -0 grep -lsFf "$patterns"
true`;
    expect(await on(node, script)).toBe("");
});
