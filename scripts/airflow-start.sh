#!/usr/bin/env bash
# Starts Airflow's units that do not run, and waits until they do their work.
#   UNITS    names of the services, without .service
#   API      URL of this node's API server
#   RESTART  "yes": units that run with older files than there are now are restarted
#   WORKER_STOP_TIMEOUT  seconds that running tasks get to end before their worker is stopped
set -euo pipefail

main() {
    : "${UNITS:?}" "${API:?}" "${RESTART:?}" "${WORKER_STOP_TIMEOUT:?}"
    local unit stale=()
    systemctl daemon-reload
    take_installed
    # shellcheck disable=SC2086
    systemctl enable --quiet airflow.target $UNITS
    for unit in $UNITS; do
        if [[ $RESTART == yes ]] && is_stale "$unit"; then
            stale+=("$unit")
        fi
    done
    if [[ $RESTART == yes ]]; then
        ((${#stale[@]} > 0)) || return 0
        say "restarting ${stale[*]}"
        # Not awaited by systemctl: a worker ends when its tasks have ended.
        systemctl restart --no-block "${stale[@]}"
    fi
    systemctl start --no-block airflow.target
    await_work
}

# The database is at the installed version now, so what starts from here on may be it.
take_installed() {
    local installed
    installed=$(readlink /opt/airflow/installed)
    [[ $(readlink /opt/airflow/current) == "$installed" ]] || ln -sfnT "$installed" /opt/airflow/current
}

# Some file that the unit reads is younger than its process.
is_stale() {
    local file started
    started=$(systemctl show --timestamp=unix --property ExecMainStartTimestamp --value "$1")
    for file in /opt/airflow/current /etc/airflow/airflow.cfg $(files_of "$1"); do
        (($(stat -c %Y "$file") <= ${started#@})) || return 0
    done
    return 1
}

# Its unit, its settings and, where it is one of ours, its program.
files_of() {
    systemctl show --property FragmentPath --property DropInPaths --property EnvironmentFiles "$1" |
        grep --only-matching '/[^ ]*'
    systemctl show --property ExecStart "$1" | grep --only-matching '/usr/local/lib/airflow-ha/[^ ;]*' || true
}

await_work() {
    local unit
    for unit in $UNITS; do
        wait_until 120 "$unit runs" is_up "$unit" || await_later "$unit"
    done
    await_answers || die_with_journals "Airflow does not work on this node"
}

is_up() { systemctl --quiet is-active "$1"; }

# A worker that still has tasks starts anew when it is through. The next node waits for that: somebody has to work.
await_later() {
    [[ $1 == airflow-worker ]] || die_with_journal "$1" "$1 does not run"
    say "$1 takes no new tasks and waits for those that run, for $WORKER_STOP_TIMEOUT s at most"
    wait_until "$WORKER_STOP_TIMEOUT" "$1 runs" is_up "$1" || die_with_journal "$1" "$1 does not run"
}

# The API server answers workers, which it is slow to do at first, and the other kinds of process write their heartbeats
# into the database; of the DAG processors one does, on any node.
await_answers() {
    /usr/local/lib/airflow-ha/airflow-run python - "$API/execution/health" <<'PYTHON' >&2
import os
import socket
import sys
import time
import urllib.request

import psycopg

database = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "", 1)
wanted = {"SchedulerJob", "DagProcessorJob", "TriggererJob"}
alive = """SELECT DISTINCT job_type FROM job
    WHERE (hostname = %s OR job_type = 'DagProcessorJob') AND state = 'running' AND latest_heartbeat > now() - interval '20 s'"""


def missing():
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5).close()
        with psycopg.connect(database) as connection:
            found = {row[0] for row in connection.execute(alive, [socket.gethostname()])}
    except (OSError, psycopg.Error) as error:
        return str(error)
    return ", ".join(f"no {job}" for job in sorted(wanted - found))


minutes = 10
deadline = time.monotonic() + 60 * minutes
while reason := missing():
    if time.monotonic() > deadline:
        sys.exit(f"after {minutes} minutes: {reason}")
    time.sleep(0.5)
PYTHON
}

die_with_journals() {
    local unit
    for unit in $UNITS; do
        journalctl --no-pager --lines=10 --unit="$unit" >&2 || true
    done
    die "$*"
}

main "$@"
