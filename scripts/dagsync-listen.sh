#!/usr/bin/env bash
# Has csync2 answer on the mesh. Every connection has a process of its own, which reads the configuration anew.
set -euo pipefail

main() {
    systemctl daemon-reload
    systemctl enable --quiet csync2.socket
    systemctl restart csync2.socket || die_with_journal csync2.socket "csync2 cannot listen"
}

main "$@"
