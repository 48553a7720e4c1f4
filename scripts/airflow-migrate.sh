#!/usr/bin/env bash
# Brings the metadata database to the installed version of Airflow, then Airflow's roles and first user to what is
# wanted. Where all is so already, nothing changes.
#   ADMIN          name of the first user
#   PASSWORD_FILE  holds the user's password
set -euo pipefail

main() {
    : "${ADMIN:?}" "${PASSWORD_FILE:?}"
    export AIRFLOW_INSTALLATION=/opt/airflow/installed
    # Airflow gives up at once when the database fails over or another one migrates.
    attempt "the database is at the installed version" airflow db migrate </dev/null
    attempt "roles and the user $ADMIN are there" /usr/local/lib/airflow-ha/airflow-run \
        python /usr/local/lib/airflow-ha/airflow-admin.py "$ADMIN" <"$PASSWORD_FILE"
}

# attempt WHAT COMMAND...: up to three times, with the same standard input; its output is shown when all fail.
attempt() {
    local what=$1 input output try
    shift
    input=$(mktemp)
    output=$(mktemp)
    cat >"$input"
    for try in 1 2 3; do
        if "$@" <"$input" >"$output" 2>&1; then
            rm -f "$input" "$output"
            say "$what"
            return
        fi
        say "attempt $try failed: $*"
        sleep "$try"
    done
    tail -n 40 "$output" >&2
    rm -f "$input" "$output"
    die "not reached: $what"
}

main "$@"
