#!/usr/bin/env bash
# Starts Patroni on this node, or has it read its files again, and waits until its PostgreSQL is the primary or
# streams from it. A restart that a change needs is not done here but by postgres-settings.sh, one node after the other.
#   MEMBER  this node's name in the Patroni cluster
set -euo pipefail

readonly config=/etc/patroni/airflow-ha

main() {
    : "${MEMBER:?}"
    check
    if systemctl --quiet is-active patroni; then
        await_passwords
    elif [[ ! -d $(data_dir) ]]; then
        be_let_in
    fi
    systemctl enable --quiet patroni
    systemctl reload-or-restart patroni || die_with_journal patroni "Patroni did not start"
    wait_until 300 "PostgreSQL on $MEMBER serves" serves ||
        die_with_journal patroni "PostgreSQL on $MEMBER has been neither primary nor streaming for 5 minutes"
    await_passwords
}

# Patroni 4.0's checker is older than its quorum mode: that one complaint is none.
check() {
    local complaints
    complaints=$(runuser -u postgres -- patroni --validate-config --ignore-listen-port "$config" 2>&1 |
        grep --invert-match 'synchronous_mode quorum is not a boolean') || true
    [[ -z $complaints ]] || die "Patroni refuses $config:"$'\n'"$complaints"
}

data_dir() { setting "$config/node.yml" postgresql.data_dir; }

# setting FILE PATH: the value at a.b.c, as JSON unless it is a text.
setting() {
    python3 - "$@" <<'PYTHON'
import functools, json, sys, yaml
found = functools.reduce(lambda value, key: value[key], sys.argv[2].split("."), yaml.safe_load(open(sys.argv[1])))
print(found if isinstance(found, str) else json.dumps(found))
PYTHON
}

# A member that is added to a running cluster is in nobody's pg_hba yet.
be_let_in() {
    patronictl -c "$config" list --format json 2>/dev/null | jq --exit-status 'any(.Role == "Leader")' >/dev/null || return 0
    wait_until 60 "the cluster knows $MEMBER's address" add_to_pg_hba || die "pg_hba for $MEMBER cannot be put into effect"
}

# Fails when another new member does the same at that moment.
add_to_pg_hba() {
    setting "$config/cluster.yml" bootstrap.dcs.postgresql.pg_hba | jq '{postgresql: {pg_hba: .}}' |
        patronictl -c "$config" edit-config --force --apply -
}

# Patroni gives its roles their passwords when it founds the cluster, and never again. Every node waits for the new ones
# to be in force, so it is no matter which of them is the primary meanwhile.
await_passwords() {
    wait_until 120 "the primary knows the passwords of Patroni's roles" has_passwords ||
        die "the primary does not take the passwords of $config/secrets.yml: $(patronictl -c "$config" list)"
}

has_passwords() { logs_in || { is_primary && set_passwords && logs_in; }; }

logs_in() {
    local primary
    primary=$(patronictl -c "$config" list --format json | jq --raw-output '.[] | select(.Role == "Leader").Host') || return 1
    [[ -n $primary ]] || return 1
    PGPASSWORD=$(setting "$config/secrets.yml" postgresql.authentication.superuser.password) PGCONNECT_TIMEOUT=5 \
        psql --no-psqlrc --no-password --host="$primary" --username=postgres --dbname=postgres --command='SELECT 1'
}

is_primary() { [[ $(as_postgres <<<'SELECT pg_is_in_recovery()') == f ]]; }

set_passwords() {
    setting "$config/secrets.yml" postgresql.authentication |
        jq --raw-output '.[] | "ALTER ROLE \"\(.username)\" PASSWORD \u0027\(.password)\u0027;"' |
        as_postgres --single-transaction
}

# The statements are of no concern to the server's log: they hold passwords.
as_postgres() {
    PGOPTIONS='-c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic' \
        runuser -u postgres -- psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
        --dbname=postgres "$@"
}

serves() {
    patronictl -c "$config" list --format tsv |
        awk -F'\t' -v own="$MEMBER" '$2 == own && ($4 == "Leader" && $5 == "running" || $5 == "streaming") { ok = 1 }
            END { exit !ok }'
}

main "$@"
