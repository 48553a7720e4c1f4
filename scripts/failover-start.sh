#!/usr/bin/env bash
# Starts this node's guard, which ends the lease of a primary whose machine is gone, or stops it for good.
#   ENABLED  true or false
set -euo pipefail

readonly unit=patroni-failover

main() {
    : "${ENABLED:?}"
    apt_install nftables iproute2 python3
    systemctl daemon-reload
    if [[ $ENABLED == true ]]; then
        systemctl enable --quiet "$unit"
        systemctl restart "$unit" || die_with_journal "$unit" "the guard of the primary did not start"
    else
        # A fence that stands ends by itself.
        systemctl disable --quiet --now "$unit"
    fi
}

main "$@"
