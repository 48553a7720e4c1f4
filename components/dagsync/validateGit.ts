import { privateKeyProblems } from "../machines/validateKey";
import { isPlain, problem, type Problem } from "../problems";
import type { GitArgs, GitUpstream } from "./args";
import { defaultRepository } from "./renderGit";
import { pathProblems } from "./validateParts";

type GitSettings = Omit<GitArgs, "nodes" | "etcd" | "kind">;

/** Seconds between two looks at an upstream. */
const defaultInterval = 10;

/** Nothing is sure to be of its type: a stack's configuration may hold anything. */
export function gitProblems(settings: GitSettings): Problem[] {
    const { path = defaultRepository, branch = "main", authorizedKeys = [], upstream } = settings;
    return [
        ...pathProblems(path),
        ...branchProblems("branch", branch),
        ...subdirProblems(settings.subdir),
        ...keysProblems(authorizedKeys, upstream !== undefined),
        ...(upstream === undefined ? [] : upstreamProblems(upstream)),
    ];
}

/** git's own rules are wider; airflow-ha/ holds what the nodes need for themselves. Source: git-check-ref-format(1). */
function branchProblems(argument: string, branch: unknown): Problem[] {
    const valid =
        matches(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, branch) &&
        !/\.\.|\/\/|\/\.|\/$|\.$|\.lock(\/|$)/.test(branch as string) &&
        !/^airflow-ha(\/|$)/.test(branch as string);
    const allowed =
        "the name of a branch is needed, of at most 100 letters, digits, dots, hyphens, underscores and slashes, not within airflow-ha/";
    return valid ? [] : [problem(argument, branch, allowed)];
}

function subdirProblems(subdir: unknown): Problem[] {
    const valid =
        subdir === undefined ||
        (matches(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, subdir) &&
            !(subdir as string).split("/").some((part) => /^\.+$/.test(part)));
    const allowed =
        "a folder of the repository is needed, of letters, digits, dots, hyphens and underscores, without a slash in front";
    return valid ? [] : [problem("subdir", subdir, allowed)];
}

/** A key, and for people what it is called; nothing that would begin another line, or an option in front of it. */
const publicKey =
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{40,}={0,2}( [^\r\n]*)?\s*$/;

function keysProblems(keys: unknown, followed: boolean): Problem[] {
    if (!Array.isArray(keys)) {
        return [problem("authorizedKeys", keys, "a list of OpenSSH public keys is needed")];
    }
    if (keys.length === 0 && !followed) {
        return [
            problem(
                "authorizedKeys",
                keys,
                "at least one OpenSSH public key is needed: without one and without upstream nobody could bring DAGs",
            ),
        ];
    }
    // It is not shown: it may be the private one.
    return keys.flatMap((key, index) =>
        matches(publicKey, key)
            ? []
            : [
                  `authorizedKeys[${index}]: it is no OpenSSH public key; a line such as that of ~/.ssh/id_ed25519.pub is needed`,
              ],
    );
}

const upstreamKeys = ["url", "branch", "interval", "privateKey", "knownHosts"];

function upstreamProblems(upstream: GitUpstream): Problem[] {
    if (typeof upstream !== "object" || upstream === null) {
        return [problem("upstream", upstream, "url and its other settings are needed")];
    }
    const { url, branch = "main", interval = defaultInterval } = upstream;
    const whole = Number.isInteger(interval) && interval >= 1 && interval <= 3600;
    return [
        ...unknownProblems("upstream.", upstream, upstreamKeys),
        ...urlProblems(url),
        ...branchProblems("upstream.branch", branch).map((line) =>
            line.replace(", not within airflow-ha/", ""),
        ),
        ...(whole
            ? []
            : [problem("upstream.interval", interval, "allowed are whole seconds from 1 to 3600")]),
        ...(isSsh(url) ? sshProblems(upstream) : withoutSshProblems(upstream)),
    ];
}

/** `there` says of what the `known` ones are. */
export function unknownProblems(
    prefix: string,
    given: object,
    known: string[],
    there = "there",
): Problem[] {
    return Object.keys(given)
        .filter((key) => !known.includes(key))
        .map(
            (key) => `${prefix}${key}: there is no such setting; ${there} are ${known.join(", ")}`,
        );
}

/** A login in it is not shown: it may be a password. */
function urlProblems(url: unknown): Problem[] {
    const https = /^https:\/\/[A-Za-z0-9.-]+(:\d+)?\/[^\s@]+$/;
    if (matches(https, url) || isSsh(url)) {
        return [];
    }
    const allowed =
        "https://HOST/PATH without a login, ssh://USER@HOST:PORT/PATH or USER@HOST:PATH is needed";
    return typeof url === "string" && url.includes("@")
        ? [`upstream.url: ${allowed}`]
        : [problem("upstream.url", url, allowed)];
}

function isSsh(url: unknown): boolean {
    return (
        matches(/^ssh:\/\/([A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?\/[^\s@]+$/, url) ||
        matches(/^[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s@:]+$/, url)
    );
}

function sshProblems({ privateKey, knownHosts }: GitUpstream): Problem[] {
    return [
        ...(privateKey === undefined
            ? ["upstream.privateKey: nothing is set; SSH needs the key that opens the repository"]
            : isPlain(privateKey)
              ? privateKeyProblems(privateKey).map((line) => `upstream.${line}`)
              : []),
        ...(matches(/^\S+ \S+ [A-Za-z0-9+/]{40,}/, knownHosts)
            ? []
            : [
                  "upstream.knownHosts: the host's lines of known_hosts are needed, as ssh-keyscan prints them",
              ]),
    ];
}

function withoutSshProblems(upstream: GitUpstream): Problem[] {
    return (["privateKey", "knownHosts"] as const)
        .filter((key) => upstream[key] !== undefined)
        .map((key) => `upstream.${key}: it is for SSH only, and upstream.url is not`);
}

function matches(pattern: RegExp, value: unknown): boolean {
    return typeof value === "string" && pattern.test(value);
}

/** What the programs are told of it. */
export function withUpstreamDefaults({ url, branch, interval }: GitUpstream, own: string) {
    return { url, branch: branch ?? own, interval: interval ?? defaultInterval };
}

/** Machines of HetznerMachines and of ExistingMachines have one; it is what keeps the nodes' repositories to themselves. */
export function hostKeyProblems(node: string, hostKey: string): Problem[] {
    return hostKey === ""
        ? [
              `nodes: ${node} has no hostKey in its connection; the line of its sshd's public key is needed`,
          ]
        : [];
}
