#!/usr/bin/env bash
# Closes the machine's own firewall (/etc/nftables.conf) and keeps its clock right.
#   ADMIN_CIDRS  the networks that it lets in over SSH, separated by spaces
set -euo pipefail

main() {
    : "${ADMIN_CIDRS:?}"
    apt_install nftables chrony python3
    refuse_lockout
    nft --check --file /etc/nftables.conf || die "nftables refuses /etc/nftables.conf"
    systemctl enable --quiet nftables
    # Not `restart`: stopping the unit flushes every table of the machine, ours or not.
    nft --file /etc/nftables.conf
    systemctl enable --quiet --now chrony
}

# Behind a closed firewall, nobody could set right from whom it lets in.
refuse_lockout() {
    local client=${SSH_CONNECTION%% *}
    python3 - "$client" <<'PYTHON' || die "this machine sees you as $client, which none of adminCidrs has: $ADMIN_CIDRS"
import ipaddress, os, sys
client = ipaddress.ip_address(sys.argv[1])
sys.exit(not any(client in ipaddress.ip_network(each) for each in os.environ["ADMIN_CIDRS"].split()))
PYTHON
}

main "$@"
