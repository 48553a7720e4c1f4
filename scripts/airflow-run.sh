#!/usr/bin/env bash
# Runs a program of Airflow's installation as Airflow's user, with the cluster's settings and secrets: for root.
#   airflow-run PROGRAM [ARGUMENT...]
#   AIRFLOW_INSTALLATION  the folder of another installation than the one in force
set -euo pipefail

main() {
    local user=airflow
    [[ $(id -u) == 0 ]] || {
        echo "airflow-run: only root can read Airflow's secrets" >&2
        exit 1
    }
    set -o allexport
    # shellcheck source=/dev/null
    source /etc/airflow/airflow.env
    # shellcheck source=/dev/null
    source /etc/airflow/secrets.env
    set +o allexport
    export HOME=$AIRFLOW_HOME USER=$user LOGNAME=$user
    local installation=${AIRFLOW_INSTALLATION:-/opt/airflow/current}
    cd "$AIRFLOW_HOME"
    exec setpriv --reuid "$user" --regid "$user" --init-groups "$installation/bin/$1" "${@:2}"
}

main "$@"
