#!/usr/bin/env bash
# image.sh ROOT MIRROR FILES BUNDLE: makes the machines' image, a Debian 13 with cloud-init, in the directory ROOT.
# The tree FILES is laid over it, and certificates of BUNDLE that Debian lacks are trusted. Runs in a mount namespace
# of its own: what it mounts goes with it.
set -euo pipefail

# No package that Debian's own cloud image lacks: the components' scripts install what they need.
packages=(
    systemd systemd-sysv dbus libpam-systemd openssh-server cloud-init sudo ca-certificates
    iproute2 iputils-ping curl less procps kmod python3 cron
)

main() {
    local root=$1 mirror=$2 files=$3 bundle=$4
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    debootstrap --variant=minbase --include=ca-certificates,debian-archive-keyring trixie "$root" "$mirror"
    cp --recursive --no-target-directory "$files" "$root"
    rm -f "$root/etc/apt/sources.list"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    trust "$root" "$bundle"
    local chroot=(chroot "$root" env HOME=/root)
    "${chroot[@]}" apt-get -qq update
    "${chroot[@]}" apt-get -qq -o Dpkg::Use-Pty=0 --yes dist-upgrade
    "${chroot[@]}" apt-get -qq -o Dpkg::Use-Pty=0 --yes --no-install-recommends install "${packages[@]}"
    clean "$root"
}

# trust ROOT BUNDLE: one file for each certificate that Debian's bundle does not have.
trust() {
    local root=$1 bundle=$2 certificate number=0
    [[ -n $bundle ]] || return 0
    while read -r certificate; do
        {
            echo '-----BEGIN CERTIFICATE-----'
            fold --width=64 <<<"$certificate"
            echo '-----END CERTIFICATE-----'
        } >"$root/usr/local/share/ca-certificates/host-$((++number)).crt"
    done < <(bodies "$bundle" | grep --invert-match --line-regexp --fixed-strings \
        --file=<(bodies "$root/etc/ssl/certs/ca-certificates.crt"))
    chroot "$root" update-ca-certificates
}

# The certificates of a PEM file, one a line.
bodies() {
    tr -d '\r' <"$1" | awk '/^-----BEGIN/ { body = ""; next } /^-----END/ { print body } { body = body $0 }'
}

# What every machine has to make for itself, and what apt would have to fetch anew anyway.
clean() {
    local root=$1
    rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root"/etc/hostname
    rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb
    rm -rf "$root"/var/lib/cloud "$root"/root/.cache
    : >"$root/etc/machine-id"
    chroot "$root" systemctl --quiet enable systemd-networkd
}

main "$@"
