#!/usr/bin/env bash
# Writes a mark into the volume that the DAGs are on, for the other nodes to see, and prints what it wrote.
#   DAGS  the folder
#   MARK  the file's name
set -euo pipefail

main() {
    : "${DAGS:?}" "${MARK:?}"
    need_volume
    cat /proc/sys/kernel/random/uuid >"$DAGS/$MARK" || die "path: $DAGS cannot be written to on $HOSTNAME"
    chmod 0644 "$DAGS/$MARK"
    cat "$DAGS/$MARK"
}

# A folder of the system's own disk is no volume.
need_volume() {
    [[ -d $DAGS ]] || die "path: $DAGS is no folder on $HOSTNAME"
    [[ $(stat --format %m "$DAGS") != / ]] ||
        die "path: $DAGS is on the own disk of $HOSTNAME: no volume is mounted there"
}

main "$@"
