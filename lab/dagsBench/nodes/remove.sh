#!/usr/bin/env bash
# Stops and removes all of one way, in whatever state it is; nothing to remove is no error. scripts/lib.sh is put in
# front of it.
#   NAME  the way
set -euo pipefail

main() {
    : "${NAME:?}"
    local noted=/var/lib/bench-dags/packages-$NAME file packages=()
    for file in /etc/systemd/system/bench-dags-"$NAME"[@.-]*; do
        [[ ! -e $file || $file == *@.service ]] || systemctl --quiet disable "${file##*/}" 2>/dev/null || true
    done
    systemctl stop "bench-dags-${NAME}[@.-]*" "benchdags-$NAME.slice" 2>/dev/null || true
    rm -f /etc/systemd/system/bench-dags-"$NAME"[@.-]*
    systemctl daemon-reload
    systemctl reset-failed "bench-dags-${NAME}[@.-]*" 2>/dev/null || true
    if [[ -s $noted ]]; then
        mapfile -t packages < <(sort -u "$noted" | installed)
        # After a cut the package manager may have to end what it began.
        finish_configuration
        ((${#packages[@]} == 0)) || apt_get purge --yes "${packages[@]}"
    fi
    [[ $NAME != syncthing ]] || rm -f /etc/systemd/user/syncthing.service
    rm -rf "/srv/bench-dags/$NAME" "/srv/bench-dags/$NAME.git" "/etc/bench-dags/$NAME" "/var/lib/bench-dags/$NAME" "$noted"
    rmdir /srv/bench-dags /etc/bench-dags 2>/dev/null || true
}

# Those of the names on standard input that dpkg knows as installed, or as begun to be.
installed() {
    local package
    while read -r package; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
        '' | not-installed) ;;
        *) echo "$package" ;;
        esac
    done
}

main "$@"
