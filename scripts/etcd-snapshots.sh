#!/usr/bin/env bash
# Has systemd save snapshots of etcd by its timer, and saves the first one.
set -euo pipefail

main() {
    systemctl daemon-reload
    systemctl enable --quiet --now etcd-snapshot.timer
    systemctl start etcd-snapshot.service || die_with_journal etcd-snapshot "etcd gives no snapshot"
}

main "$@"
