#!/usr/bin/env bash
# Installs git, and makes the user whose the DAGs' repository is and the folder for it. What is in that stays.
#   REPOSITORY   the folder
#   HOME_FOLDER  the user's home, which is root's
set -euo pipefail

main() {
    : "${REPOSITORY:?}" "${HOME_FOLDER:?}"
    apt_install git openssh-client python3
    make_user airflow /var/lib/airflow /usr/sbin/nologin
    # sshd runs the program of a key by the user's shell.
    make_user dags "$HOME_FOLDER" /bin/sh
    # No password opens it; without one it would count as locked, for keys too.
    usermod --password '*' dags
    # Airflow reads the repository, and git reads another user's only where it is told that this is meant.
    usermod --append --groups dags airflow
    git config --system --get-all safe.directory | grep --quiet --line-regexp --fixed-strings -e "$REPOSITORY" ||
        git config --system --add safe.directory "$REPOSITORY"
    install -d "$HOME_FOLDER"
    install -d -o dags -g dags -m 0700 "$HOME_FOLDER/ssh"
    [[ -e $REPOSITORY ]] || install -d -o dags -g dags -m 2750 "$REPOSITORY"
}

make_user() {
    id -u "$1" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir "$2" --shell "$3" "$1" ||
        id -u "$1" >/dev/null # another component was faster
}

main "$@"
