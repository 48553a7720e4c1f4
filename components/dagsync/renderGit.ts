import type { MeshNode } from "../node";
import { ports } from "../ports";

type Node = Pick<MeshNode, "name" | "meshAddress" | "sshPort">;

export const defaultRepository = "/srv/airflow/dags.git";
/** The system user whose the repository is and whom git logs in as. */
export const gitUser = "dags";
/** What Airflow follows: it is there before the first push (scripts/dags_branch.py). */
export const hiddenBranch = "airflow-ha/dags";
/** Where the programs are on the machine, and git's hooks in a folder of it. */
export const programFolder = "/usr/local/lib/airflow-ha/dag-git";
export const gitFolder = "/etc/dag-git";
/** Of the user; root's, so that nobody who logs in changes who may. */
export const gitHome = "/var/lib/dag-git";
/** Below it, the user's own: ssh's connections that stay open. */
export const gitConnections = `${gitHome}/ssh`;
export const followedKey = `${gitFolder}/upstream.key`;
export const followedHosts = `${gitFolder}/upstream.known_hosts`;
/** In dag-git.service's runtime folder: where git's hook finds the service. */
const pushesSocket = "/run/dag-git/pushes";

/** What one node's programs have to know. */
export interface GitPlan {
    /** The component's. */
    name: string;
    node: Node;
    nodes: Node[];
    path: string;
    branch: string;
    /** etcd's client URLs. */
    etcd: string[];
    /** `interval` in seconds. */
    upstream?: { url: string; branch: string; interval: number };
}

/** The programs' configuration. */
export function gitConfig({ name, node, nodes, path, branch, etcd, upstream }: GitPlan): string {
    const own = etcd.filter((url) => url.startsWith(`http://${node.meshAddress}:`));
    const peers = nodes.filter((peer) => peer.name !== node.name);
    const config = {
        name: node.name,
        repository: path,
        socket: pushesSocket,
        branch,
        // Another path is another repository, which may lack the commit of this one.
        key: `/airflow-ha/dags/${name}${path}/${branch}`,
        // The own member first.
        etcd: [...own, ...etcd.filter((url) => !own.includes(url))],
        peers: Object.fromEntries(
            peers.map((peer) => [peer.name, [peer.meshAddress, ports.etcdClient]]),
        ),
        ssh: `ssh -F ${gitFolder}/ssh_config`,
        upstream: upstream && { ...upstream, ssh: followingSsh },
    };
    return `${JSON.stringify(config, undefined, 4)}\n`;
}

const followingSsh = [
    `ssh -F /dev/null -i ${followedKey}`,
    `UserKnownHostsFile=${followedHosts}`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "BatchMode=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
].join(" -o ");

/** How git reaches the other nodes, by their names. */
export function sshConfig(peers: Node[]): string {
    const hosts = peers.map(
        ({ name, meshAddress, sshPort = ports.ssh }) => `Host ${name}
    HostName ${meshAddress}
    Port ${sshPort}
    HostKeyAlias ${name}
`,
    );
    return `${hosts.join("")}Host *
    User ${gitUser}
    IdentityFile ${gitFolder}/key
    IdentitiesOnly yes
    UserKnownHostsFile ${gitFolder}/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
    # Seconds. A machine that dies while it is sent to is given up after three.
    ConnectTimeout 2
    ServerAliveInterval 1
    ServerAliveCountMax 3
    # A push that follows within ten minutes is spared the login.
    ControlMaster auto
    ControlPath ${gitConnections}/%C
    ControlPersist 10m
`;
}

/** authorized_keys: each key runs one program, whatever is asked for. */
export function authorizedKeys(
    path: string,
    nodes: Node[],
    nodesKey: string,
    usersKeys: string[],
): string {
    const serve = (role: string) =>
        `restrict,command="/bin/sh ${programFolder}/serve.sh ${role} ${path} ${gitFolder}/config.json ${pushesSocket}"`;
    const from = nodes.map((node) => node.meshAddress).join(",");
    return [
        "# The nodes.",
        `${serve("peer")},from="${from}" ${nodesKey.trim()}`,
        "# Whose DAGs they are.",
        ...usersKeys.map((key) => `${serve("user")} ${key.trim()}`),
        "",
    ].join("\n");
}

/** dag-git.service. */
export function followerUnit(path: string): string {
    return `[Unit]
Description=The DAGs' git repository follows the other nodes
After=network-online.target wg-quick@wg0.service etcd.service
StartLimitIntervalSec=0

[Service]
# Ready when this node has what the others have, or after a minute: Airflow's units are started after it.
Type=notify
TimeoutStartSec=infinity
ExecStart=/usr/bin/python3 -B ${programFolder}/dags_git.py ${gitFolder}/config.json follow
Restart=always
RestartSec=1
# Seconds. A transfer takes 60 at most from each node.
WatchdogSec=300
# Here it says that it lags behind.
RuntimeDirectory=dag-git
User=${gitUser}
Group=${gitUser}
UMask=0027
NoNewPrivileges=true
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${path} ${gitConnections}
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=true
LockPersonality=true

[Install]
WantedBy=multi-user.target
`;
}

/** /usr/local/sbin/dag-git, for an operator: `dag-git status`. */
export function gitCommand(): string {
    return `#!/bin/sh
# git wants to be in a folder and to have a home that are open to its user.
cd / && exec runuser -u ${gitUser} -- env HOME=${gitHome} python3 -B ${programFolder}/dags_git.py ${gitFolder}/config.json "$@"
`;
}
