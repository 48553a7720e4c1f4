#!/usr/bin/env bash
# Saves what this node's etcd member has, which needs no majority, and drops the oldest snapshots.
#   ENDPOINT  the member's client URL
#   FOLDER    where the snapshots are
#   KEPT      how many of them
set -euo pipefail

main() {
    : "${ENDPOINT:?}" "${FOLDER:?}" "${KEPT:?}"
    local file new=$FOLDER/.new
    file=$FOLDER/$(date -u +%Y%m%dT%H%M%SZ).db
    umask 077
    ETCDCTL_ENDPOINTS=$ENDPOINT timeout 300 etcdctl snapshot save "$new" >/dev/null
    etcdutl snapshot status "$new" >/dev/null || die "what etcd gave is no sound snapshot"
    mv "$new" "$file"
    find "$FOLDER" -name '*.db' | sort --reverse | tail -n "+$((KEPT + 1))" | xargs --no-run-if-empty rm --
    say "saved $file"
}

main "$@"
