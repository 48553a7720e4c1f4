import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { root } from "../root.ts";
import { progress } from "../engine/progress.ts";
import { aptSettings } from "./host/apt.ts";
import { hostBundle } from "./host/environment.ts";
import { imageFiles } from "./host/files.ts";
import { imageCache } from "./paths.ts";

/** What the image is made with. */
const builders = ["debootstrap", "debian-archive-keyring", "ca-certificates"];

/** How many images are kept: this computer's settings may change to and fro. */
const kept = 3;

/** The machines' image, made when it is not in the cache yet. Gives its directory. */
export async function ensureImage(): Promise<string> {
    const script = join(root, "lab/cloud/image.sh");
    const apt = await aptSettings();
    const files = imageFiles(apt);
    const bundle = hostBundle();
    const parts = [
        readFileSync(script, "utf8"),
        apt,
        files,
        bundle && readFileSync(bundle, "utf8"),
    ];
    const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
    const image = join(imageCache, `debian-13-${key}`);
    if (existsSync(image)) {
        return image;
    }
    const began = Date.now();
    progress("making the machines' image: Debian 13 by debootstrap (about a minute, once)");
    await execa("bash", [join(root, "lab/packages.sh"), ...builders], { stdio: "inherit" });
    await mkdir(imageCache, { recursive: true });
    const work = await mkdtemp(join(imageCache, "part-"));
    const log = join(imageCache, "build.log");
    try {
        await writeFiles(join(work, "files"), files);
        const args = [script, join(work, "root"), apt.mirror, join(work, "files"), bundle ?? ""];
        await execa("unshare", ["--mount", "--propagation", "private", "bash", ...args], {
            env: apt.proxy ? { http_proxy: apt.proxy } : {},
            stdin: "ignore",
            stdout: { file: log },
            stderr: { file: log },
        });
        await rename(join(work, "root"), image);
        await utimes(image, new Date(), new Date());
    } catch (error) {
        const tail = readFileSync(log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
        throw new Error(`the machines' image could not be made (${log}):\n${tail}`, {
            cause: error,
        });
    } finally {
        await rm(work, { recursive: true, force: true });
    }
    await removeOldImages();
    progress(`the machines' image is there after ${Math.round((Date.now() - began) / 1000)} s`);
    return image;
}

/** Labs have copies of their own: none of them loses its image by this. */
async function removeOldImages(): Promise<void> {
    const names = (await readdir(imageCache)).filter((name) => name.startsWith("debian-"));
    const made = names.map((name) => ({ name, time: statSync(join(imageCache, name)).mtimeMs }));
    for (const { name } of made.sort((a, b) => b.time - a.time).slice(kept)) {
        await rm(join(imageCache, name), { recursive: true, force: true });
    }
}

/** A copy by hard links where they can be had: the cache may be emptied while a lab lives. */
export async function copyImage(image: string, to: string): Promise<void> {
    const part = `${to}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(dirname(to), { recursive: true });
    const linked = await execa("cp", ["-al", image, part], { reject: false });
    if (linked.failed) {
        await rm(part, { recursive: true, force: true });
        await execa("cp", ["-a", "--reflink=auto", image, part]);
    }
    await rename(part, to);
}

async function writeFiles(directory: string, files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
    }
}
