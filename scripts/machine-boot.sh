#!/usr/bin/env bash
# Awaits the end of the first boot: cloud-init still writes keys and package sources before that.
#   NAME  the machine's host name
set -euo pipefail

main() {
    : "${NAME:?}"
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
}

booted() {
    local state
    state=$(systemctl is-system-running || true)
    [[ $state == running || $state == degraded ]]
}

main "$@"
