#!/usr/bin/env bash
# One machine, from power-on to power-off. Runs in a mount namespace of its own, so that its mounts
# and its network namespace go with its last process, however that ends; a power cut is the end of
# every process in its cgroup.
set -euo pipefail

: "${MACHINE:?}" "${HOST_NAME:?}" "${IMAGE:?}" "${DISK:?}" "${CGROUP:?}" "${PYTHON_CACHE:?}"
: "${LINK:?}" "${LINK_ALIAS:?}" "${ADDRESS:?}" "${GATEWAY:?}" "${MAC:?}" "${MTU:?}"

# systemd of Debian 13 boots on the unified hierarchy only; a host may still show the old one.
join_cgroup() {
    if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
        umount --recursive /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
    fi
    mkdir -p "/sys/fs/cgroup/$CGROUP"
    echo $$ >"/sys/fs/cgroup/$CGROUP/cgroup.procs"
}

# nspawn's own files are to go with the machine too.
mount_disk() {
    mkdir -p /run/systemd/nspawn
    mount -t tmpfs tmpfs /run/systemd/nspawn
    mount -t overlay overlay "$DISK/root" \
        -o "lowerdir=$DISK/packages:$IMAGE,upperdir=$DISK/upper,workdir=$DISK/work"
}

# A point-to-point link with an address of its own, as at Hetzner: all traffic of the machine is
# routed by the host, and so passes the firewall there. A reboot gets a new namespace: what the
# machine set up in the old one must not be there.
plug_in() {
    umount "$DISK/netns" 2>/dev/null || true
    touch "$DISK/netns"
    ip link delete "$LINK" 2>/dev/null || true
    unshare --net="$DISK/netns" true
    ip link add "$LINK" mtu "$MTU" type veth peer name eth0 address "$MAC" mtu "$MTU" netns "$DISK/netns"
    ip link set "$LINK" alias "$LINK_ALIAS"
    ip address add "$GATEWAY/32" dev "$LINK"
    ip link set "$LINK" up
    ip route replace "$ADDRESS/32" dev "$LINK" src "$GATEWAY"
}

# /proc/sys/net belongs to the machine's own network namespace, so it may set what it likes there.
boot() {
    SYSTEMD_NSPAWN_API_VFS_WRITABLE=network systemd-nspawn --boot --directory="$DISK/root" \
        --machine="$MACHINE" --hostname="$HOST_NAME" --register=no --keep-unit --settings=no \
        --link-journal=no --resolv-conf=off --timezone=off \
        --network-namespace-path="$DISK/netns" --capability=CAP_NET_ADMIN \
        --bind=/dev/net/tun --bind="$PYTHON_CACHE:/root/.cache/uv" \
        --rlimit=RLIMIT_NOFILE=1024:524288 --console=read-only
}

main() {
    join_cgroup
    mount_disk
    local status=133 # nspawn's word for "the machine asks for a reboot"
    while ((status == 133)); do
        plug_in
        status=0
        boot || status=$?
    done
    # It powered itself off: it is to stay off.
    ((status != 0)) || touch "$DISK/halted"
    # Not "return": bash would read on in a file that may have changed by now.
    exit "$status"
}

main "$@"
