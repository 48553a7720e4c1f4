#!/usr/bin/env bash
# Starts the sending side on this node. When a machine of the cluster is new, all files are offered to the
# others again: what they have already is compared and not sent.
#   DAGS, OWNER, STATE  as in dagsync-install.sh
#   MACHINES            other text when a machine was made anew
set -euo pipefail

main() {
    : "${DAGS:?}" "${OWNER:?}" "${STATE:?}" "${MACHINES:?}"
    systemctl daemon-reload
    cd / # csync2 wants a folder that it may read
    offer_to_new_machines
    systemctl enable --quiet dag-sync
    systemctl restart dag-sync || die_with_journal dag-sync "the DAG synchronization does not start"
    wait_until 30 "the DAG synchronization runs" systemctl is-active dag-sync ||
        die_with_journal dag-sync "the DAG synchronization does not run"
}

offer_to_new_machines() {
    local known=$STATE/machines
    [[ $(cat "$known" 2>/dev/null) != "$MACHINES" ]] || return 0
    runuser -u "$OWNER" -- csync2 -cr "$DAGS" >&2 || die "csync2 cannot read $DAGS"
    runuser -u "$OWNER" -- find "$DAGS" -mindepth 1 -exec csync2 -m {} + >&2
    echo "$MACHINES" >"$known"
}

main "$@"
