#!/usr/bin/env bash
# Applies changed users, permissions and virtual hosts to the running cluster.
#   DEFINITIONS  the file
set -euo pipefail

main() {
    : "${DEFINITIONS:?}"
    local said
    said=$(rabbitmqctl --quiet import_definitions "$DEFINITIONS" 2>&1) ||
        die "RabbitMQ refuses $DEFINITIONS:"$'\n'"$said"
}

main "$@"
