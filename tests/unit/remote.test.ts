import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RemoteFile, RemoteScript } from "../../components/remote";
import { assignments, quote } from "../../components/remote/shell";
import { machine, record } from "../helpers/mocks";

describe("quote", () => {
    it.each(["plain", "two words", "it's", '$HOME `id` \\ "x"', "line\nbreak", ""])(
        "gives a word that a shell reads as %j",
        (value) => {
            const printed = execFileSync("sh", ["-c", `printf %s ${quote(value)}`]);
            expect(printed.toString()).toBe(value);
        },
    );

    it("refuses what no shell word can hold", () => {
        expect(() => quote("a\0b")).toThrow("a shell word cannot hold a NUL character");
    });
});

describe("assignments", () => {
    it("sorts by name, so that a reordered program changes nothing", () => {
        expect(assignments({ PORT: "1", HOST: "a b" })).toBe("HOST='a b' PORT='1'");
    });

    it("refuses what is no name for a variable", () => {
        expect(() => assignments({ "A;rm": "" })).toThrow(`"A;rm" is no name for a shell variable`);
    });
});

describe("RemoteFile", () => {
    const folder = mkdtempSync(join(tmpdir(), "remote-file-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    async function registered(args: {
        content: pulumi.Input<string>;
        path?: string;
        mode?: string;
    }) {
        const path = args.path ?? join(folder, "sub folder", "it's.conf");
        const all = await record(
            () => new RemoteFile("file", { machine: machine(0), owner: owner(), ...args, path }),
        );
        return { path, inputs: all[0].inputs };
    }

    it("writes the whole file with its mode by its create command, and nothing beside it", async () => {
        const { path, inputs } = await registered({ content: "one\n", mode: "0640" });
        execFileSync("bash", ["-c", inputs.create as string], { input: inputs.stdin as string });
        expect(readFileSync(path, "utf8")).toBe("one\n");
        expect(statSync(path).mode & 0o7777).toBe(0o640);
        expect(execFileSync("ls", ["-A", join(path, "..")]).toString()).toBe("it's.conf\n");
    });

    it("leaves the old file when the new one cannot be finished", async () => {
        const { path, inputs } = await registered({ content: "two\n", path: join(folder, "kept") });
        writeFileSync(path, "old\n");
        const create = (inputs.create as string).replace(/^chmod.*$/m, "false");
        expect(spawnSync("bash", ["-c", create], { input: "two\n" }).status).toBe(1);
        expect(readFileSync(path, "utf8")).toBe("old\n");
    });

    it("shows its text as stdin, and keeps a secret one secret", async () => {
        expect((await registered({ content: "shown" })).inputs.stdin).toBe("shown");
        const { inputs } = await registered({ content: pulumi.secret("hidden") });
        expect(inputs.stdin).toEqual({ secret: "hidden" });
        expect(JSON.stringify({ ...inputs, stdin: "", connection: "" })).not.toContain("hidden");
    });

    it("is another file under another path, and is written again on a machine made anew", async () => {
        const { path, inputs } = await registered({ content: "" });
        expect(inputs.triggers).toEqual([path]);
        expect(inputs.update).toBe(`${inputs.create as string}\n# on machine 1000`);
    });

    it("refuses a relative path", async () => {
        await expect(registered({ content: "", path: "etc/x" })).rejects.toThrow(
            'RemoteFile: path "etc/x" is not absolute',
        );
    });
});

describe("RemoteScript", () => {
    async function registered(content: pulumi.Input<string>, MEMBER = "a") {
        const all = await record(() => {
            const file = new RemoteFile("file", { machine: machine(0), path: "/x", content });
            new RemoteScript("script", {
                machine: machine(0),
                script: "machine-boot.sh",
                variables: { MEMBER },
                files: [file],
            });
        });
        return all[1];
    }

    it("runs bash on lib.sh and the script, with its variables quoted", async () => {
        const { inputs } = await registered("1", "a b");
        expect(inputs.create).toBe("MEMBER='a b' bash -s");
        expect(inputs.stdin).toMatch(/^apt_install\(\)/m);
        expect(inputs.stdin).toMatch(/main "\$@"\n$/);
    });

    it("runs after its files, and again when one of them changes", async () => {
        const [one, again, other] = [
            await registered("1"),
            await registered("1"),
            await registered("2"),
        ];
        expect(one.dependsOn).toContain("file");
        expect(one.inputs.update).toBe(again.inputs.update);
        expect(one.inputs.update).not.toBe(other.inputs.update);
        expect(one.inputs.create).toBe(other.inputs.create);
        expect(one.inputs).not.toHaveProperty("triggers");
    });

    it("keeps even the fingerprint of a secret file secret, and the command readable", async () => {
        const { inputs } = await registered(pulumi.secret("hidden"));
        expect(inputs.update).toHaveProperty("secret");
        expect(inputs.create).toBe("MEMBER='a' bash -s");
    });
});

function owner(): string {
    return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
}
