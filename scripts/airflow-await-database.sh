#!/usr/bin/env bash
# Waits until a PostgreSQL server answers. Airflow's processes end when the database is gone, and each start that comes
# too early would cost seconds of a processor, just when the others need it to fail over.
#   airflow-await-database HOST PORT
set -uo pipefail

main() {
    until answers "$1" "$2" 2>/dev/null; do
        sleep 0.5
    done
}

# A server says N or S when it is asked for TLS; HAProxy without a primary hangs up.
answers() {
    local answer=
    exec {server}<>"/dev/tcp/$1/$2" || return 1
    printf '\0\0\0\010\004\322\026\057' >&"$server" && read -r -N 1 -t 3 -u "$server" answer
    exec {server}>&-
    [[ $answer == [NS] ]]
}

main "$@"
