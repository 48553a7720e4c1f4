#!/usr/bin/env bash
# The command recover-postgres: this node becomes the primary. Patroni does that by itself where nothing can be lost.
set -euo pipefail

readonly keys=/service/airflow-ha

usage() {
    cat <<USAGE
Usage: recover-postgres --others-are-gone [--accept-loss]

Makes $NODE the primary of PostgreSQL when the other nodes are gone for good. etcd has to have a majority: recover-etcd
comes first.

A commit is acknowledged when the primary and one of the replicas have it. If $NODE was the primary, or the only
replica at the end, it has all of them. Else the last ones may have been on the lost machines only; then this asks
for --accept-loss, and says what is known.

  --others-are-gone  the other machines are off and stay off
  --accept-loss      commits that $NODE has not received are given up
Exit codes: 0 it is done, 1 it failed on the way, 2 wrong usage, 3 refused (nothing was changed).
USAGE
}

main() {
    read_options "--others-are-gone --accept-loss" "$@"
    members >/dev/null || refuse "Patroni's keys cannot be read, since etcd has no majority: recover-etcd first"
    if is_primary; then
        say "PostgreSQL on $NODE is the primary: nothing to do"
        return
    fi
    require_others_gone
    has_every_commit || is_given --accept-loss || refuse "$(what_may_be_lost)"
    become_primary
    wait_until 60 "commits are acknowledged" commits || die_with_journal patroni "the primary on $NODE acknowledges no commit"
    say "PostgreSQL on $NODE is the primary, without a replica"
}

# What Patroni's tools tell of lost members of etcd is left out.
members() { timeout 60 patronictl list --format json 2>/dev/null; }

# Who has the lease, and in which state.
leader() { members | jq --raw-output '.[] | select(.Role == "Leader") | "\(.Member) \(.State)"'; }

is_primary() { [[ $(leader) == "$NODE running" ]]; }

is_free() {
    local leader
    leader=$(leader) && [[ -z $leader || $leader == "$NODE "* ]]
}

# By Patroni's own rule: it was the primary, or it needs no other replica's word to be one.
has_every_commit() {
    key sync | jq --exit-status --arg own "$NODE" '.leader == $own or
        ((.quorum // 0) == 0 and (.sync_standby // "" | split(",") | any(. == $own)))' >/dev/null
}

key() { timeout 30 etcdctl get --print-value-only "$keys/$1"; }

what_may_be_lost() {
    local primary voters
    primary=$(key sync | jq --raw-output .leader)
    voters=$(key sync | jq --raw-output '.sync_standby // "" | gsub(","; ", ")')
    cat <<WHAT
$primary was the primary, and a commit was acknowledged when one of $voters had it.
$NODE may lack the last of them. Write-ahead log (WAL) of $primary when it was last heard of: $(known_position)
$(own_position)
With --accept-loss, $NODE goes on with what it has.
WHAT
}

known_position() { as_postgres <<<"SELECT '0/0'::pg_lsn + $(key status | jq .optime)" || echo unknown; }

own_position() {
    as_postgres <<SQL || echo "PostgreSQL on $NODE does not run"
SELECT format('WAL that $NODE has received: %s; its last commit is of %s',
    greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), pg_last_xact_replay_timestamp());
SQL
}

as_postgres() {
    runuser -u postgres -- psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname=postgres
}

become_primary() {
    systemctl start patroni
    wait_until 90 "the lost primary's lease has run out" is_free || die "another primary keeps its lease: $(members)"
    if ! has_every_commit; then
        say "promoting $NODE"
        patronictl failover --force --candidate "$NODE" >/dev/null 2>&1 || die "Patroni does not promote $NODE"
    fi
    wait_until 120 "PostgreSQL on $NODE is the primary" is_primary ||
        die_with_journal patroni "Patroni does not make $NODE the primary"
}

# Written and awaited like any other commit; nobody reads the message.
commits() { timeout 5 runuser -u postgres -- psql -Xqd postgres -c "SELECT pg_logical_emit_message(true, 'recovery', '')"; }

main "$@"
