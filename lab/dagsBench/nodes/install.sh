#!/usr/bin/env bash
# Installs Debian packages for one way, and notes before which ones are new: remove.sh takes these away again.
# scripts/lib.sh is put in front of it.
#   NAME      the way
#   PACKAGES  separated by spaces
set -euo pipefail

main() {
    : "${NAME:?}" "${PACKAGES:?}"
    local noted=/var/lib/bench-dags/packages-$NAME packages unit
    read -ra packages <<<"$PACKAGES"
    mkdir -p "${noted%/*}" /etc/systemd/user
    # Its package has one started, with its own settings, for everybody who logs in.
    [[ $NAME != syncthing ]] || ln -sf /dev/null /etc/systemd/user/syncthing.service
    apt_refresh
    apt-get -qq -s install --no-install-recommends "${packages[@]}" | awk '$1 == "Inst" { print $2 }' >>"$noted"
    apt_install "${packages[@]}"
    # The packages' own units would come with the next boot. The stack's stay as they are.
    for unit in csync2.socket lsyncd.service; do
        ! grep -qx "${unit%.*}" "$noted" || systemctl --quiet disable "$unit"
    done
}

main "$@"
