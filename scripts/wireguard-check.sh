#!/usr/bin/env bash
# Refuses another address in the mesh than the one that this machine has. It runs on all machines before anything is
# changed on one of them.
#   INTERFACE  wg-quick's interface
#   ADDRESS    the wanted address, with the length of the network
set -euo pipefail

main() {
    : "${INTERFACE:?}" "${ADDRESS:?}"
    local current
    current=$(ip -4 -brief address show "$INTERFACE" 2>/dev/null | awk '{ print $3 }') || true
    [[ -z $current || $current == "$ADDRESS" ]] ||
        die "etcd, PostgreSQL and RabbitMQ know this machine as ${current%/*}, and it cannot become ${ADDRESS%/*}:" \
            "set meshCidr and the order of the machines back"
}

main "$@"
