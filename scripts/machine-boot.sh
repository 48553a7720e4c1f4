#!/usr/bin/env bash
# Awaits the end of the first boot: cloud-init still writes keys and package sources before that.
set -euo pipefail

main() {
    [[ -e /etc/debian_version ]] || die "this is not Debian; the machine's image must be Debian 13"
    if command -v cloud-init >/dev/null; then
        # 2 is "done, with warnings", which a machine can work with.
        timeout 300 cloud-init status --wait >/dev/null || [[ $? == 2 ]] || die "cloud-init: $(cloud-init status --long)"
    fi
    wait_until 120 "systemd has booted" booted || die "systemd has not finished booting: $(systemctl list-jobs --no-pager)"
}

booted() {
    local state
    state=$(systemctl is-system-running || true)
    [[ $state == running || $state == degraded ]]
}

main "$@"
