#!/usr/bin/env bash
# Refuses another address in the mesh than the one that this machine has. It runs on all machines before the mesh, and
# what uses it, is changed on one of them.
#   INTERFACE  wg-quick's interface
#   ADDRESS    the wanted address, with the length of the network
set -euo pipefail

main() {
    : "${INTERFACE:?}" "${ADDRESS:?}"
    local current
    current=$(awk '$1 == "Address" { print $3 }' "/etc/wireguard/$INTERFACE.conf" 2>/dev/null) || true
    [[ -z $current || $current == "$ADDRESS" ]] ||
        die "etcd, PostgreSQL and RabbitMQ know this machine as $current, and it cannot become $ADDRESS:" \
            "set meshCidr and the order of the machines back"
}

main "$@"
