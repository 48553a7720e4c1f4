#!/usr/bin/env bash
# packages.sh PACKAGE...: installs the Debian packages that are missing on this machine.
set -euo pipefail

main() {
    local package missing=()
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    command -v apt-get >/dev/null || die "please install ${missing[*]}: this is no Debian or Ubuntu"
    ((EUID == 0)) || die "please run as root, or install ${missing[*]} first"
    echo "installing ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update </dev/null >&2
    apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends \
        "${missing[@]}" </dev/null >&2
}

die() {
    echo "error: $*" >&2
    exit 1
}

main "$@"
