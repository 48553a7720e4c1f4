#!/usr/bin/env bash
# Starts Patroni on this node, or has it read its files again, and waits until its PostgreSQL is the primary or
# streams from it. A restart that a change needs is not done here but by postgres-settings.sh, one node after the other.
#   MEMBER  this node's name in the Patroni cluster
set -euo pipefail

readonly config=/etc/patroni/airflow-ha

main() {
    : "${MEMBER:?}"
    check
    systemctl enable --quiet patroni
    systemctl reload-or-restart patroni || die_with_journal patroni "Patroni did not start"
    wait_until 300 "PostgreSQL on $MEMBER serves" serves ||
        die_with_journal patroni "PostgreSQL on $MEMBER has been neither primary nor streaming for 5 minutes"
}

# Patroni 4.0's checker is older than its quorum mode: that one complaint is none.
check() {
    local complaints
    complaints=$(runuser -u postgres -- patroni --validate-config --ignore-listen-port "$config" 2>&1 |
        grep --invert-match 'synchronous_mode quorum is not a boolean') || true
    [[ -z $complaints ]] || die "Patroni refuses $config:"$'\n'"$complaints"
}

serves() {
    patronictl -c "$config" list --format tsv |
        awk -F'\t' -v own="$MEMBER" '$2 == own && ($4 == "Leader" && $5 == "running" || $5 == "streaming") { ok = 1 }
            END { exit !ok }'
}

main "$@"
