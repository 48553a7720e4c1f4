#!/usr/bin/env bash
# Makes this node's repository where there is none, checks the ways to the other nodes and to the upstream, and starts
# what follows them.
#   CONNECTIONS  folder of ssh's connections to the other nodes that stay open
set -euo pipefail

main() {
    : "${CONNECTIONS:?}"
    # Over them sshd would go on with the program that was a key's when they were made.
    find "$CONNECTIONS" -type s -delete
    dag-git prepare || die "the repository on $HOSTNAME cannot be used"
    # The other nodes may be about to let this one in.
    wait_until 20 "all nodes and the upstream answer" dag-git check || dag-git check ||
        die "the settings of the DAGs' repository do not work on $HOSTNAME"
    systemctl daemon-reload
    systemctl enable --quiet dag-git
    systemctl restart dag-git || die_with_journal dag-git "the DAGs' repository does not follow the others"
}

main "$@"
