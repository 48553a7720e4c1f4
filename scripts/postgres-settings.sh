#!/usr/bin/env bash
# Puts bootstrap.dcs of cluster.yml into effect on all nodes: it replaces Patroni's dynamic configuration. Where a
# parameter needs a restart of PostgreSQL, the replicas are restarted first, one after the other.
#   MEMBERS  all members of the cluster and their REST API: "name=http://address:8008 …"
set -euo pipefail

readonly config=/etc/patroni/airflow-ha scope=airflow-ha

main() {
    : "${MEMBERS:?}"
    local wanted outcome refused
    wanted=$(wanted)
    outcome=$(patronictl edit-config --force --replace - <<<"$wanted") || die "Patroni refuses the settings: $outcome"
    say "$outcome"
    each_member await_settings
    # Found unchanged: whatever was changed before has long been taken up.
    [[ $outcome == "Not changed" ]] || each_member await_next_loop
    # Twice: replicas take up a lower max_connections (and its like) only after the primary has.
    restart_pending
    restart_pending
    [[ -z $(pending primary)$(pending replica) ]] || die "a restart is still pending: $(patronictl list)"
    refused=$(refused "$(jq --raw-output '.postgresql.parameters | keys | join(",")' <<<"$wanted")")
    [[ -z $refused ]] || die "PostgreSQL does not know, or does not take this value of, $refused: correct it and run \`pulumi up\` again; \`journalctl -u patroni\` on $(hostname) says why"
    wait_until 60 "a replica is synchronous" synchronous || die "no replica is synchronous: $(patronictl list)"
}

# As JSON. A cluster that an operator has paused stays so.
wanted() {
    patronictl show-config | python3 -c '
import json, sys, yaml
wanted = yaml.safe_load(open(sys.argv[1]))["bootstrap"]["dcs"]
now = yaml.safe_load(sys.stdin)
print(json.dumps(wanted | {key: now[key] for key in ["pause"] if key in now}))' "$config/cluster.yml"
}

# each_member FUNCTION: calls it with each member's name and URL.
each_member() {
    local member
    for member in $MEMBERS; do
        "$1" "${member%%=*}" "${member#*=}"
    done
}

get() { curl --silent --show-error --fail --max-time 10 "$1"; }

await_settings() {
    wait_until 60 "$1 has read the settings" has_settings "$2" || die "$1 has not read the settings for a minute"
}

has_settings() { get "$1/config" | jq --exit-status --argjson wanted "$wanted" '. == $wanted'; }

# Patroni acts on settings at the end of the loop in which it reads them.
await_next_loop() {
    local seen
    seen=$(get "$2/patroni" | jq .dcs_last_seen)
    wait_until 60 "$1 has taken up the settings" loops_after "$2" "$seen" || die "Patroni on $1 stands still"
}

loops_after() { get "$1/patroni" | jq --exit-status --argjson seen "$2" '.dcs_last_seen > $seen'; }

# pending ROLE: the members of that role, primary or replica, that wait for a restart, as "name=URL …".
pending() { each_member print_pending | awk -v role="$1" '$1 == role { print $2 }'; }

print_pending() {
    get "$2/patroni" | jq --raw-output --arg member "$1=$2" 'select(.pending_restart) | "\(.role) \($member)"'
}

restart_pending() {
    local member
    for member in $(pending replica) $(pending primary); do
        each_member await_service
        say "restarting PostgreSQL on ${member%%=*}"
        # Without --timeout, primary_start_timeout (0) would make a restart of the primary a failover.
        patronictl restart --force --timeout 120 "$scope" "${member%%=*}" | tail -n 1 >&2
        await_service "${member%%=*}" "${member#*=}"
    done
}

await_service() {
    wait_until 180 "PostgreSQL on $1 serves" serves "$2" ||
        die "PostgreSQL on $1 is neither primary nor streaming: no other is restarted before it is"
}

# Of these parameters, separated by commas, the ones that Patroni or PostgreSQL has left out: neither fails for it.
refused() {
    runuser -u postgres -- psql -XAtq --set=names="$1" --dbname=postgres <<'SQL' | paste --serial --delimiters=' '
SELECT name FROM unnest(string_to_array(:'names', ',')) AS wanted(name)
    WHERE name NOT IN (SELECT name FROM pg_settings WHERE source IN ('configuration file', 'command line'))
    UNION SELECT name FROM pg_file_settings WHERE error IS NOT NULL ORDER BY 1;
SQL
}

synchronous() { patronictl list --format json | jq --exit-status 'any(.Role == "Quorum Standby")'; }

serves() {
    get "$1/patroni" |
        jq --exit-status '.state == "running" and (.role == "primary" or .replication_state == "streaming")'
}

main "$@"
