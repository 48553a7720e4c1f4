#!/usr/bin/env bash
# Applies users, permissions and virtual hosts to the running cluster, and has it keep them in Khepri. With the
# older metadata store, Mnesia, a cluster that lost power does not come up before its last node is back.
#   DEFINITIONS  the file
set -euo pipefail

main() {
    : "${DEFINITIONS:?}"
    run enable_feature_flag --opt-in khepri_db
    run import_definitions "$DEFINITIONS"
}

run() {
    local said
    said=$(timeout 120 rabbitmqctl --quiet "$@" 2>&1) || die "rabbitmqctl $*:"$'\n'"$said"
}

main "$@"
