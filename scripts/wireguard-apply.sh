#!/usr/bin/env bash
# Brings the mesh's interface up, or changes it while its tunnels stay up, and writes the mesh's names into
# /etc/hosts.
#   INTERFACE  wg-quick's interface; its configuration and keys lie in /etc/wireguard
#   HOSTS      "address name" lines of all nodes
set -euo pipefail

main() {
    : "${INTERFACE:?}" "${HOSTS:?}"
    apt_install wireguard-tools
    kernel_has_wireguard || apt_install wireguard-go
    write_hosts
    systemctl enable --quiet "wg-quick@$INTERFACE"
    if is_up; then
        wg syncconf "$INTERFACE" <(with_keys)
    else
        systemctl restart "wg-quick@$INTERFACE" ||
            die_with_journal "wg-quick@$INTERFACE" "the mesh interface $INTERFACE did not come up"
    fi
}

kernel_has_wireguard() {
    ip link add wgprobe type wireguard 2>/dev/null && ip link delete wgprobe
}

is_up() { systemctl --quiet is-active "wg-quick@$INTERFACE" && ip link show "$INTERFACE" >/dev/null 2>&1; }

# The configuration as `wg syncconf` wants it: with the keys in it that wg-quick sets by its PostUp lines.
with_keys() {
    awk '
        FNR == NR && $1 == "PostUp" && $6 == "private-key" { private = $7 }
        FNR == NR && $1 == "PostUp" && $6 == "peer" { shared[$7] = $9 }
        FNR == NR { next }
        { print }
        $1 == "[Interface]" { getline key < private; print "PrivateKey = " key }
        $1 == "PublicKey" { getline key < shared[$3]; print "PresharedKey = " key }
    ' "/etc/wireguard/$INTERFACE.conf" <(wg-quick strip "$INTERFACE")
}

# Ours is a marked block; a name that resolves to loopback would make a service bind there.
write_hosts() {
    local rest
    rest=$(sed -e '/^# airflow-ha begin$/,/^# airflow-ha end$/d' -e '/^127\.0\.1\.1\s/d' /etc/hosts)
    printf '%s\n# airflow-ha begin\n%s\n# airflow-ha end\n' "$rest" "$HOSTS" >/etc/hosts.new
    chmod 644 /etc/hosts.new
    mv /etc/hosts.new /etc/hosts
}

main "$@"
