#!/usr/bin/env bash
# Installs csync2 and makes the folder and its owner. A folder that is there keeps what is in it.
#   DAGS   the folder
#   OWNER  system user and group; made where it is missing
#   STATE  csync2's own folder
set -euo pipefail

main() {
    : "${DAGS:?}" "${OWNER:?}" "${STATE:?}"
    local real
    real=$(realpath --canonicalize-missing "$DAGS")
    # csync2 takes what is behind a link for deleted.
    [[ $real == "$DAGS" ]] || die "path: $DAGS is $real by a link on $HOSTNAME: that is the path to give"
    apt_install csync2 inotify-tools
    id -u "$OWNER" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir "/var/lib/$OWNER" --shell /usr/sbin/nologin "$OWNER" ||
        id -u "$OWNER" >/dev/null # another component was faster
    install -d -o "$OWNER" -g "$OWNER" -m 2775 "$DAGS"
    install -d -o "$OWNER" -g "$OWNER" -m 0750 "$STATE"
}

main "$@"
