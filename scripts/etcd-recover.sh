#!/usr/bin/env bash
# The command recover-etcd: this member becomes a cluster of its own, with the keys that it has or those of a snapshot.
set -euo pipefail

readonly data=/var/lib/etcd/default snapshots=/var/lib/etcd-snapshots
readonly once=/run/systemd/system/etcd.service.d/recovery.conf

usage() {
    cat <<USAGE
Usage: recover-etcd --others-are-gone [--accept-loss SNAPSHOT]

Makes the etcd member $NODE a cluster of its own, when a majority of the members is gone for good. It keeps the keys
that it has; with SNAPSHOT (a file of $snapshots) it takes those, for when its own data is damaged.
A snapshot knows the primary of its time, and which replicas had every commit then: if that has changed since, Patroni
makes a primary of one that lacks commits, without being told to. So it wants --accept-loss.
What only the lost members had is lost. The data of before is kept beside $data.
New machines join the cluster as they join any other.

  --others-are-gone  the other machines are off and stay off
  --accept-loss      commits of PostgreSQL later than SNAPSHOT may be given up
Exit codes: 0 it is done, 1 it failed on the way, 2 wrong usage, 3 refused (nothing was changed).
USAGE
}

main() {
    read_options "--others-are-gone --accept-loss FILE" "$@"
    refuse_majority
    require_others_gone
    if [[ -n $argument ]]; then
        is_given --accept-loss || refuse "who has every commit of PostgreSQL may have changed since $argument was saved:" \
            "see --help, then add --accept-loss"
        restore "$argument"
    else
        [[ -d $data/member ]] || refuse "$data has no data: give a snapshot"
        keep cp -a
        go_alone
    fi
    say "etcd on $NODE is a cluster of its own now; the data of before is in $kept"
}

refuse_majority() {
    healthy || return 0
    [[ $(ask member list | wc -l) == 1 ]] || refuse "etcd has a majority"
    say "etcd on $NODE is a cluster of its own: nothing to do"
    exit 0
}

ask() { ETCDCTL_ENDPOINTS=http://$ADDRESS:2379 timeout 10 etcdctl "$@"; }

healthy() { ask endpoint health >/dev/null 2>&1; }

# keep COMMAND...: what is there now is copied or moved aside.
keep() {
    kept=/var/lib/etcd/before-recovery-$(date -u +%Y%m%dT%H%M%SZ)
    say "stopping etcd, keeping its data in $kept"
    systemctl stop etcd
    [[ ! -d $data ]] || "$@" "$data" "$kept" || {
        systemctl start --no-block etcd
        die "the data could not be kept in $kept; nothing was changed"
    }
}

# The setting is for one start: kept for another, it would throw out members that have joined meanwhile. In /run, it does
# not outlive a power cut either.
go_alone() {
    trap 'rm -f "$once" && systemctl daemon-reload' EXIT
    mkdir -p "${once%/*}"
    printf '[Service]\nEnvironment=ETCD_FORCE_NEW_CLUSTER=true\n' >"$once"
    systemctl daemon-reload
    start
}

# restore SNAPSHOT. Watchers of the lost cluster must not meet a revision twice: it goes on far beyond theirs.
restore() {
    local new=/var/lib/etcd/restored peer=http://$ADDRESS:2380 said
    rm -rf "$new"
    said=$(etcdutl snapshot restore "$1" --data-dir "$new" --name "$NODE" --initial-cluster "$NODE=$peer" \
        --initial-advertise-peer-urls "$peer" --bump-revision 1000000000 --mark-compacted 2>&1) ||
        refuse "$1 is no sound snapshot: $said"
    say "taking the keys of $1, saved $(date -r "$1")"
    keep mv
    chown -R etcd: "$new"
    mv "$new" "$data"
    start
}

start() {
    systemctl start --no-block etcd
    wait_until 60 "etcd serves" healthy || die_with_journal etcd "etcd does not serve on $NODE. If its data is damaged," \
        "give a snapshot; the newest: $(find "$snapshots" -name '*.db' | sort | tail -n 3 | paste -sd ' ')"
}

main "$@"
