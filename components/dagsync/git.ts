import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { privateKeyProblems } from "../machines/validateKey";
import type { MeshNode } from "../node";
import { checked } from "../problems";
import { programFiles, RemoteFile, RemoteScript, scriptFile, stopCommand } from "../remote";
import type { GitArgs } from "./args";
import {
    authorizedKeys,
    defaultRepository,
    followedHosts,
    followedKey,
    followerUnit,
    gitCommand,
    gitConfig,
    gitConnections,
    gitFolder,
    gitHome,
    gitUser,
    programFolder,
    sshConfig,
} from "./renderGit";
import { hostKeyProblems, withUpstreamDefaults } from "./validateGit";

const programs = {
    folder: programFolder,
    prefix: "dags_",
    parts: ["branch", "follow", "git", "peers", "receive", "repository", "status", "upstream"],
    shared: ["etcd_json.py", "systemd_notify.py"],
};

/** The children of a DagSync of kind git: one key with which the nodes reach each other, and on each node a repository. */
export function createRepositories(name: string, args: GitArgs, parent: pulumi.Resource): void {
    const key = new tls.PrivateKey(`${name}-git-key`, { algorithm: "ED25519" }, { parent });
    const knownHosts = knownHostsOf(name, args.nodes, parent);
    const made = args.nodes.map((node) => {
        const child = `${name}-git-${node.name}`;
        const install = createUser(child, args, node, parent);
        const files = [
            ...createPrograms(child, node, parent),
            ...createSettings(child, name, args, node, install, parent),
            ...createAccess(child, args, node, install, key, knownHosts, parent),
        ];
        return { child, node, files, install };
    });
    const all = made.flatMap(({ files, install }) => [...files, install]);
    for (const { child, node, files } of made) {
        new RemoteScript(
            `${child}-start`,
            {
                machine: node,
                script: "dags-git-start.sh",
                variables: { CONNECTIONS: gitConnections },
                files,
                undo: stopCommand("dag-git"),
            },
            // It asks the other nodes whether they let this one in.
            { parent, dependsOn: [...all, args.etcd] },
        );
    }
}

function createUser(child: string, args: GitArgs, node: MeshNode, parent: pulumi.Resource) {
    const variables = { REPOSITORY: args.path ?? defaultRepository, HOME_FOLDER: gitHome };
    return new RemoteScript(
        `${child}-install`,
        { machine: node, script: "dags-git-install.sh", variables },
        { parent },
    );
}

function createPrograms(child: string, node: MeshNode, parent: pulumi.Resource): RemoteFile[] {
    const file = (what: string, path: string, content: string, mode?: string) =>
        new RemoteFile(`${child}-${what}`, { machine: node, path, content, mode }, { parent });
    return [
        ...programFiles(child, node, programs, { parent }),
        file("hook", `${programFolder}/hooks/proc-receive`, scriptFile("dags_hook.py"), "0755"),
        file("serve", `${programFolder}/serve.sh`, scriptFile("dags-serve.sh")),
        file("command", "/usr/local/sbin/dag-git", gitCommand(), "0755"),
    ];
}

function createSettings(
    child: string,
    name: string,
    args: GitArgs,
    node: MeshNode,
    install: RemoteScript,
    parent: pulumi.Resource,
): RemoteFile[] {
    const { nodes, etcd, path = defaultRepository, branch = "main", upstream } = args;
    const file = (what: string, at: string, content: pulumi.Input<string>, mode?: string) => {
        const owner = mode && `${gitUser}:${gitUser}`;
        const options = { parent, dependsOn: install };
        return new RemoteFile(
            `${child}-${what}`,
            { machine: node, path: at, content, mode, owner },
            options,
        );
    };
    const plan = { name, node, nodes, path, branch, etcd: etcd.endpoints };
    const followed = upstream && withUpstreamDefaults(upstream, branch);
    const { privateKey, knownHosts } = upstream ?? {};
    return [
        file("config", `${gitFolder}/config.json`, gitConfig({ ...plan, upstream: followed })),
        file("unit", "/etc/systemd/system/dag-git.service", followerUnit(path)),
        ...(privateKey === undefined
            ? []
            : [
                  file(
                      "upstream-key",
                      followedKey,
                      pulumi.secret(
                          checked(parent, name, privateKey, upstreamKeyProblems).apply(
                              (key) => `${key.trim()}\n`,
                          ),
                      ),
                      "0600",
                  ),
              ]),
        ...(knownHosts === undefined
            ? []
            : [file("upstream-hosts", followedHosts, `${knownHosts.trim()}\n`)]),
    ];
}

function createAccess(
    child: string,
    { path = defaultRepository, nodes, authorizedKeys: users = [] }: GitArgs,
    node: MeshNode,
    install: RemoteScript,
    key: tls.PrivateKey,
    knownHosts: pulumi.Output<string>,
    parent: pulumi.Resource,
): RemoteFile[] {
    const owned = { mode: "0600", owner: `${gitUser}:${gitUser}` };
    const readable = { mode: "0640", owner: `root:${gitUser}` };
    const file = (what: string, path: string, content: pulumi.Input<string>, rest = {}) =>
        new RemoteFile(
            `${child}-${what}`,
            { machine: node, path, content, ...rest },
            { parent, dependsOn: install },
        );
    const peers = nodes.filter((peer) => peer !== node);
    return [
        file("key", `${gitFolder}/key`, key.privateKeyOpenssh, owned),
        file("ssh", `${gitFolder}/ssh_config`, sshConfig(peers)),
        file("known-hosts", `${gitFolder}/known_hosts`, knownHosts),
        file(
            "authorized-keys",
            `${gitHome}/.ssh/authorized_keys`,
            key.publicKeyOpenssh.apply((line) => authorizedKeys(path, nodes, line, users)),
            readable,
        ),
    ];
}

/** The nodes' pinned host keys, by the names that ssh_config gives as aliases. */
function knownHostsOf(
    name: string,
    nodes: MeshNode[],
    parent: pulumi.Resource,
): pulumi.Output<string> {
    const lines = nodes.map((node) => {
        const hostKey = pulumi.output(node.connection).apply(({ hostKey }) => hostKey ?? "");
        const known = checked(parent, name, hostKey, (key) => hostKeyProblems(node.name, key));
        return known.apply((key) => `${node.name} ${key.trim()}\n`);
    });
    // A connection holds a private key, too, and counts as a secret until this is said.
    return pulumi.unsecret(pulumi.all(lines).apply((all) => all.join("")));
}

function upstreamKeyProblems(key: string) {
    return privateKeyProblems(key).map((line) => `upstream.${line}`);
}
