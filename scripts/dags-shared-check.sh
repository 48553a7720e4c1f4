#!/usr/bin/env bash
# Looks whether this node has the volume that the first node's mark is on.
#   DAGS     the folder
#   MARK     the mark's file
#   FIRST    the node that wrote it
#   WRITTEN  what it wrote
set -euo pipefail

main() {
    : "${DAGS:?}" "${MARK:?}" "${FIRST:?}" "${WRITTEN:?}"
    [[ -d $DAGS ]] || die "path: $DAGS is no folder on $HOSTNAME"
    [[ $(stat --format %m "$DAGS") != / ]] ||
        die "path: $DAGS is on the own disk of $HOSTNAME: no volume is mounted there"
    # NFS may keep for a minute that a file is not there, or its former text.
    wait_until 70 "$DAGS is the same volume as on $FIRST" is_there ||
        die "path: $DAGS on $HOSTNAME is not the volume that $FIRST has there: $MARK, which $FIRST has written, is not the same"
}

is_there() { [[ $(cat "$DAGS/$MARK") == "$WRITTEN" ]]; }

main "$@"
