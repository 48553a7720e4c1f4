#!/usr/bin/env bash
# Awaits the end of the first boot: cloud-init still writes keys and package sources before that. Refuses a machine that
# is not what it should be, and a firewall that would lock its operator out.
#   NAME         the machine's host name
#   ADMIN_CIDRS  the networks that its firewall is going to let in over SSH, separated by spaces
set -euo pipefail

main() {
    : "${NAME:?}" "${ADMIN_CIDRS:?}"
    local system
    system=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release)
    [[ $(grep --extended-regexp --count '^(ID=debian|VERSION_ID="13")$' /etc/os-release) == 2 ]] ||
        die "this machine runs $system; Debian 13 is needed"
    if command -v cloud-init >/dev/null; then
        # 2 is "done, with warnings", which a machine can work with.
        timeout 300 cloud-init status --wait >/dev/null || [[ $? == 2 ]] || die "cloud-init: $(cloud-init status --long)"
    fi
    # What runs on it knows itself by this name, and so do its peers.
    [[ $(hostname) == "$NAME" ]] ||
        die "this machine's host name is $(hostname), not $NAME; what is set up on a machine cannot change its name"
    wait_until 120 "systemd has booted" booted || die "systemd has not finished booting: $(systemctl list-jobs --no-pager)"
    # Only images with cloud-init are sure to have it.
    apt_install python3
    refuse_lockout
}

booted() {
    local state
    state=$(systemctl is-system-running || true)
    [[ $state == running || $state == degraded ]]
}

# Behind a closed firewall, nobody could set right from whom it lets in. It is asked here, since a refused
# /etc/nftables.conf that is written already comes into force at the next boot.
refuse_lockout() {
    local client=${SSH_CONNECTION%% *}
    python3 - "$client" <<'PYTHON' || die "this machine sees you as $client, which none of adminCidrs has: $ADMIN_CIDRS"
import ipaddress, os, sys
client = ipaddress.ip_address(sys.argv[1])
sys.exit(not any(client in ipaddress.ip_network(each) for each in os.environ["ADMIN_CIDRS"].split()))
PYTHON
}

main "$@"
