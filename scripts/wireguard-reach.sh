#!/usr/bin/env bash
# Awaits an answer from every peer through the mesh.
#   PEERS  mesh addresses, separated by spaces
set -euo pipefail

main() {
    : "${PEERS?}"
    apt_install iputils-ping
    local peer
    for peer in $PEERS; do
        wait_until 90 "$peer answers in the mesh" ping -c 1 -W 1 "$peer" ||
            die "no answer from $peer in the mesh within 90 s: $(wg show all latest-handshakes)"
    done
}

main "$@"
