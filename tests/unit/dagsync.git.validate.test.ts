import { dagSyncProblems, type DagSyncSettings } from "../../components/dagsync";
import { dagsProblems, type DagsConfig } from "../../components/dagsync/config";
import { hostKeyProblems } from "../../components/dagsync/validateGit";
import { meshNodes } from "../helpers/mocks";
import { sshKey, userKey } from "../helpers/sshKey";

type GitSettings = Extract<DagSyncSettings, { kind: "git" }>;
const good: GitSettings = { kind: "git", nodes: meshNodes(), authorizedKeys: [userKey] };
const https = { url: "https://example.com/us/dags.git" };
const ssh = {
    url: "ssh://git@example.com:2222/us/dags.git",
    privateKey: sshKey,
    knownHosts: `[example.com]:2222 ${userKey}`,
};

test.each<[string, Partial<GitSettings>]>([
    ["a user's key", {}],
    ["no user, but an upstream", { authorizedKeys: [], upstream: https }],
    ["an upstream over SSH", { upstream: { ...ssh, branch: "releases/2.x", interval: 3600 } }],
    ["scp's way to write it", { upstream: { ...ssh, url: "git@example.com:us/dags.git" } }],
    ["a folder and a branch", { subdir: "airflow/dags", branch: "team/prod", path: "/data/d.git" }],
])("%s is right", (_, change) => {
    expect(dagSyncProblems({ ...good, ...change })).toEqual([]);
});

const branch =
    "the name of a branch is needed, of at most 100 letters, digits, dots, hyphens, underscores and slashes";
const folder =
    "a folder of the repository is needed, of letters, digits, dots, hyphens and underscores, without a slash in front";
const address =
    "https://HOST/PATH without a login, ssh://USER@HOST:PORT/PATH or USER@HOST:PATH is needed";
const line = "it is no OpenSSH public key; a line such as that of ~/.ssh/id_ed25519.pub is needed";

/** What is no setting of its type, as a stack's configuration may hold it. */
function wrong(value: unknown): never {
    return value as never;
}

test.each<[string, Partial<GitSettings>, string[]]>([
    [
        "two nodes",
        { nodes: meshNodes(2) },
        ["nodes: got 2; at least 3 are needed: a push is taken when most of them have it"],
    ],
    [
        "nobody who could push",
        { authorizedKeys: [] },
        [
            "authorizedKeys: got []; at least one OpenSSH public key is needed: " +
                "without one and without upstream nobody could bring DAGs",
        ],
    ],
    [
        "keys that are none",
        { authorizedKeys: [sshKey, userKey, `${userKey}\nssh-rsa x`, `no-pty ${userKey}`] },
        [0, 2, 3].map((index) => `authorizedKeys[${index}]: ${line}`),
    ],
    [
        "no list",
        { authorizedKeys: wrong(userKey) },
        [`authorizedKeys: got "${userKey}"; a list of OpenSSH public keys is needed`],
    ],
    ...["", "a b", "-x", "a..b", "a/", "a//b", "x.lock", ".x", "a/.b", "airflow-ha/dags"].map(
        (name): [string, Partial<GitSettings>, string[]] => [
            `the branch ${JSON.stringify(name)}`,
            { branch: name },
            [`branch: got ${JSON.stringify(name)}; ${branch}, not within airflow-ha/`],
        ],
    ),
    ...["", "/dags", "..", "a/../b", "a b"].map(
        (subdir): [string, Partial<GitSettings>, string[]] => [
            `the folder ${JSON.stringify(subdir)}`,
            { subdir },
            [`subdir: got ${JSON.stringify(subdir)}; ${folder}`],
        ],
    ),
    [
        "a strange path",
        { path: "dags.git" },
        [expect.stringMatching(/^path: got "dags.git"; an abs/)],
    ],
    [
        "an upstream that is none",
        { upstream: wrong("x") },
        ['upstream: got "x"; url and its other settings are needed'],
    ],
    [
        "an unencrypted upstream",
        { upstream: { url: "http://example.com/x" } },
        [`upstream.url: got "http://example.com/x"; ${address}`],
    ],
    [
        "an option for an upstream",
        { upstream: { url: "--upload-pack=x" } },
        [`upstream.url: got "--upload-pack=x"; ${address}`],
    ],
    [
        "a password in it, which is not shown",
        { upstream: { url: "https://me:word@example.com/x" } },
        [`upstream.url: ${address}`],
    ],
    [
        "all of an upstream's",
        { upstream: { ...https, branch: "a b", interval: 0, ...({ brunch: 1 } as object) } },
        [
            "upstream.brunch: there is no such setting; there are url, branch, interval, privateKey, knownHosts",
            `upstream.branch: got "a b"; ${branch}`,
            "upstream.interval: got 0; allowed are whole seconds from 1 to 3600",
        ],
    ],
    [
        "SSH without its keys",
        { upstream: { url: ssh.url } },
        [
            "upstream.privateKey: nothing is set; SSH needs the key that opens the repository",
            "upstream.knownHosts: the host's lines of known_hosts are needed, as ssh-keyscan prints them",
        ],
    ],
    [
        "SSH's keys without SSH",
        { upstream: { ...ssh, ...https } },
        ["privateKey", "knownHosts"].map(
            (key) => `upstream.${key}: it is for SSH only, and upstream.url is not`,
        ),
    ],
])("%s: refused", (_, change, problems) => {
    expect(dagSyncProblems({ ...good, ...change })).toEqual(problems);
});

test("a kind that there is not", () => {
    expect(dagSyncProblems({ ...good, kind: wrong("rsync") })).toEqual([
        'kind: got "rsync"; allowed are csync2, git, shared',
    ]);
});

test("a shared volume needs its path", () => {
    const shared = { kind: "shared" as const, nodes: meshNodes() };
    expect(dagSyncProblems({ ...shared, path: "/mnt/volume/dags" })).toEqual([]);
    expect(dagSyncProblems({ ...shared, path: wrong(undefined) })).toEqual([
        expect.stringMatching(/^path: got nothing; an absolute path/),
    ]);
});

test("a node whose sshd is not known is named", () => {
    expect(hostKeyProblems("node3", userKey)).toEqual([]);
    expect(hostKeyProblems("node3", "")).toEqual([
        "nodes: node3 has no hostKey in its connection; the line of its sshd's public key is needed",
    ]);
});

describe("the stack's settings", () => {
    test.each<[DagsConfig, string]>([
        [{ kind: "csync2" }, ""],
        [{ kind: "csync2", path: "/data/dags" }, ""],
        [{ kind: "shared", path: "/mnt/volume/dags" }, ""],
        [{ kind: "git", authorizedKeys: [userKey] }, ""],
        [{ kind: "git", upstream: { url: ssh.url, knownHosts: ssh.knownHosts } }, sshKey],
    ])("%j is right", (dags, key) => {
        expect(dagsProblems(dags, key)).toEqual([]);
    });

    test.each<[unknown, string, string[]]>([
        ["git", "", ['dags: got "git"; kind is needed: csync2, git, shared']],
        [[], "", ["dags: got []; kind is needed: csync2, git, shared"]],
        [{}, "", ["dags.kind: got nothing; allowed are csync2, git, shared"]],
        [{ kind: "nfs" }, "", ['dags.kind: got "nfs"; allowed are csync2, git, shared']],
        [
            { kind: "csync2", branch: "main" },
            "",
            ["dags.branch: there is no such setting; for kind csync2 there are kind, path"],
        ],
        [
            { kind: "shared" },
            "",
            [expect.stringMatching(/^dags\.path: got nothing; an absolute path/)],
        ],
        [
            { kind: "git", upstream: "x" },
            "",
            ['dags.upstream: got "x"; url and its other settings are needed'],
        ],
        [{ kind: "git", authorizedKeys: ["x"] }, "", [`dags.authorizedKeys[0]: ${line}`]],
        [
            { kind: "git" },
            sshKey,
            ["dagsUpstreamKey: without an upstream in dags it has no meaning"],
        ],
        [
            { kind: "git", upstream: { ...ssh } },
            "",
            ["dags.upstream.privateKey: it is a secret; the setting dagsUpstreamKey is for it"],
        ],
        [
            { kind: "git", upstream: { url: ssh.url, knownHosts: ssh.knownHosts } },
            "",
            ["dagsUpstreamKey: nothing is set; SSH needs the key that opens the repository"],
        ],
        [
            { kind: "git", upstream: { url: ssh.url, knownHosts: ssh.knownHosts } },
            "/root/.ssh/key",
            [expect.stringMatching(/^dagsUpstreamKey: it is no SSH private key;/)],
        ],
        [
            { kind: "git", upstream: https },
            sshKey,
            ["dagsUpstreamKey: it is for SSH only, and dags.upstream.url is not"],
        ],
    ])("%j: refused", (dags, key, problems) => {
        expect(dagsProblems(dags as DagsConfig, key)).toEqual(problems);
    });
});
