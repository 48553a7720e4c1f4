#!/usr/bin/env bash
# Starts the sending side on this node. A peer whose machine was made anew is offered everything: what has been
# noted of the former machine is forgotten.
#   OWNER     user that csync2 runs as
#   STATE     STATE/ADDRESS is csync2's database for a peer
#   MACHINES  the peers, separated by spaces: address=text that is another one when the machine was made anew
set -euo pipefail

main() {
    : "${OWNER:?}" "${STATE:?}" "${MACHINES:?}"
    local machine
    systemctl daemon-reload
    systemctl stop dag-sync
    for machine in $MACHINES; do
        forget_former "${machine%%=*}" "${machine#*=}"
    done
    systemctl enable --quiet dag-sync
    systemctl start dag-sync || die_with_journal dag-sync "the DAG synchronization does not start"
}

forget_former() {
    local peer=$STATE/$1
    [[ $(cat "$peer/machine" 2>/dev/null) != "$2" ]] || return 0
    rm -rf "$peer"
    install -d -o "$OWNER" -g "$OWNER" -m 0750 "$peer"
    echo "$2" >"$peer/machine"
}

main "$@"
