# shellcheck shell=bash
# What all scripts here share. RemoteScript puts this file in front of each of them.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# apt_install PACKAGE...: installs what is missing. No service is started by it: the packages' own
# configuration would bind to every address before ours is in place.
apt_install() {
    local package missing=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    # In a shell of its own, which takes its marks and its lock with it when it is cut off.
    (install_alone "${missing[@]}") || die "apt-get could not install ${missing[*]}"
}

install_alone() {
    exec 9>/run/lock/airflow-ha-apt
    flock --timeout 900 9 || die "another installation has held /run/lock/airflow-ha-apt for 15 minutes"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    say "installing $*"
    # An installation that was cut off is finished first.
    finish_configuration &&
        apt_refresh &&
        apt_get install --yes --no-install-recommends "$@"
}

# dpkg does not wait for its lock, which Debian's own timers hold at times.
finish_configuration() {
    [[ -z $(dpkg --audit) ]] ||
        wait_until 600 "what was half installed is configured" configure_pending ||
        configure_pending >&2
}

configure_pending() { dpkg --configure --pending --force-confdef --force-confold </dev/null; }

apt_refresh() {
    [[ -n $(find /var/lib/apt/lists -name '*Packages*' -mtime -1 -print -quit) ]] || apt_get update
}

apt_get() {
    # Our configuration files may be there before the package that they are for.
    apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -qq "$@" </dev/null >&2
}

# wait_until SECONDS WHAT COMMAND...: asks four times a second until COMMAND succeeds.
wait_until() {
    local what=$2 deadline=$((SECONDS + $1))
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.25
    done
    say "$what"
}

# die_with_journal UNIT MESSAGE: the unit's state and last lines say more than the message does.
die_with_journal() {
    local unit=$1
    shift
    systemctl --no-pager --lines=0 status "$unit" >&2 || true
    journalctl --no-pager --lines=40 --unit="$unit" >&2 || true
    die "$*"
}
