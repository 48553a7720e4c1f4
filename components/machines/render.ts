import * as ipaddr from "ipaddr.js";
import { stringify } from "yaml";
import { anywhere, type Exposure } from "./exposure";

/** What nftables on the machine lets in: the same list as the provider's firewall, and the mesh. */
export function renderNftables(exposed: Exposure[], meshInterface: string): string {
    return `#!/usr/sbin/nft -f
# Made by airflow-ha. Its own table: other tables (fences, container engines) stay as they are.
table inet airflow_ha
delete table inet airflow_ha
table inet airflow_ha {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        ct state invalid drop
        iif "lo" accept
        iifname "${meshInterface}" accept
        meta l4proto { icmp, ipv6-icmp } accept
${exposed.flatMap(accepts).join("\n")}
    }
}
`;
}

function accepts({ description, protocol, port, sources }: Exposure): string[] {
    const rule = `${protocol} dport ${port} accept comment "${description}"`;
    if (anywhere.every((network) => sources.includes(network))) {
        return [`        ${rule}`];
    }
    const kind = (network: string) => ipaddr.parseCIDR(network)[0].kind();
    return [
        ["ip", sources.filter((network) => kind(network) === "ipv4")] as const,
        ["ip6", sources.filter((network) => kind(network) === "ipv6")] as const,
    ]
        .filter(([, networks]) => networks.length > 0)
        .map(([family, networks]) => `        ${family} saddr { ${networks.join(", ")} } ${rule}`);
}

/** Host key of a machine in OpenSSH's formats. */
export interface HostKey {
    privateKey: string;
    publicKey: string;
}

/** cloud-init user data: the host key that the program pins, and sshd as the program needs it. */
export function renderUserData(hostKey: HostKey): string {
    return (
        "#cloud-config\n" +
        stringify({
            ssh_deletekeys: true,
            ssh_genkeytypes: [],
            ssh_keys: {
                ed25519_private: hostKey.privateKey,
                ed25519_public: hostKey.publicKey,
            },
            ssh_pwauth: false,
            // The mesh owns /etc/hosts; cloud-init would write it anew at every boot.
            manage_etc_hosts: false,
            write_files: [
                {
                    path: "/etc/ssh/sshd_config.d/10-airflow-ha.conf",
                    content: renderSshd(),
                },
            ],
            // The drop-in was not there yet when sshd started.
            runcmd: [["systemctl", "reload-or-restart", "ssh"]],
        })
    );
}

function renderSshd(): string {
    return `# Root by key only.
PermitRootLogin prohibit-password
PasswordAuthentication no
${renderSshdLimits()}`;
}

/** What sshd has to bear, whoever may log in. */
export function renderSshdLimits(): string {
    return `# Pulumi opens many connections at once; the default drops them beyond 10.
MaxStartups 100:30:200
MaxSessions 50
`;
}
