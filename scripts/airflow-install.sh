#!/usr/bin/env bash
# Installs Airflow from its lock into a folder of its own and makes /opt/airflow/installed lead there. What runs goes on
# with the folder that it was started from; what starts takes /opt/airflow/current, which airflow-start.sh moves.
set -euo pipefail

readonly base=/opt/airflow

main() {
    # The provider for repositories wants git when it is imported, whether it is used or not.
    apt_install python3 python3-venv ca-certificates git
    make_user
    install_uv
    install_airflow
    printf '#!/bin/sh\nexec /usr/local/lib/airflow-ha/airflow-run airflow "$@"\n' >/usr/local/bin/airflow
    chmod 755 /usr/local/bin/airflow
}

make_user() {
    id -u airflow >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /var/lib/airflow --shell /usr/sbin/nologin airflow ||
        id -u airflow >/dev/null # another component was faster
    install -d -o airflow -g airflow -m 0750 /var/lib/airflow /var/log/airflow
    # Logs of tasks, and copies of the other nodes' ones, are kept for 30 days since they were last written. The time of the
    # last look would keep every folder for ever: they are all looked through every few seconds.
    echo 'e /var/log/airflow - - - mM:30d' >/etc/tmpfiles.d/airflow.conf
}

install_uv() {
    local folder
    folder=$base/uv-$(digest "$base/uv.lock")
    if [[ ! -e $folder/complete ]]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --no-input --require-hashes --requirement "$base/uv.lock" >&2
        touch "$folder/complete"
    fi
    uv=$folder/bin/uv
}

install_airflow() {
    local folder
    folder=$base/$(digest "$base/requirements.lock")
    if [[ ! -e $folder/complete ]]; then
        say "installing Airflow into $folder"
        rm -rf "$folder"
        "$uv" venv --quiet --python /usr/bin/python3 "$folder"
        "$uv" pip install --quiet --system-certs --python "$folder/bin/python" --require-hashes --only-binary :all: \
            --compile-bytecode --requirements "$base/requirements.lock" >&2
        touch "$folder/complete"
    fi
    ln -sfnT "$folder" "$base/installed"
}

# What was made from the lock with this Python: another one needs packages of its own.
digest() {
    { python3 --version && cat "$1"; } | sha256sum | head -c 12
}

main "$@"
