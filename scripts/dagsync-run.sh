#!/usr/bin/env bash
# Keeps a folder equal on all nodes: every change in it is sent to each peer, side by side, so that a dead peer delays
# no other one. What a dead peer missed is in csync2's database and is tried again every few seconds.
#   DAGS   the folder
#   OWNER  user and group that every file in it shall have
#   PEERS  the other nodes' names, separated by spaces
#   PORT   csync2's TCP port
set -uo pipefail

# Seconds: quiet time after which a burst of changes is over; between two looks without an event; for one connection
# attempt; for one transfer, whose finished files count even when it is ended.
readonly debounce=0.1 sweep=5 connecting=2 transfer=20

main() {
    : "${DAGS:?}" "${OWNER:?}" "${PEERS:?}" "${PORT:?}"
    local peer
    cd /
    for peer in $PEERS; do
        exec {pipe}> >(serve "$peer")
        pipes+=("$pipe")
    done
    exec {changes}< <(exec inotifywait --monitor --quiet --recursive --format x \
        --event close_write,create,delete,move,attrib "$DAGS")
    watcher=$!
    while kill -0 "$watcher" 2>/dev/null; do
        look
        read -rt "$sweep" -u "$changes" _ || continue
        drain "$changes"
    done
    echo "inotifywait has ended" >&2
    exit 1
}

# Finds what has changed since the last look, and tells each peer's process.
look() {
    find "$DAGS" \( ! -user "$OWNER" -o ! -group "$OWNER" \) -exec chown -h "$OWNER:$OWNER" {} + 2>/dev/null
    csync2 -B -cr "$DAGS" || echo "csync2 could not look through $DAGS" >&2
    local pipe
    for pipe in "${pipes[@]}"; do
        echo x >&"$pipe"
    done
}

# One peer: whenever told, sends what csync2 has noted for it.
serve() {
    local peer=$1 reachable=yes
    while read -r _; do
        drain 0
        owed "$peer" || continue
        if ! timeout "$connecting" bash -c "exec 3<>/dev/tcp/$peer/$PORT" 2>/dev/null; then
            [[ $reachable == no ]] || echo "$peer does not answer: it gets its changes when it is back" >&2
            reachable=no
            continue
        fi
        [[ $reachable == yes ]] || echo "$peer is back" >&2
        reachable=yes
        timeout "$transfer" csync2 -B -u -P "$peer" || echo "not all changes are on $peer yet" >&2
    done
}

# csync2 -M prints "FORCE MYNAME PEER FILE"-like lines of all that is to be sent.
owed() { csync2 -M 2>/dev/null | grep --quiet --word-regexp --fixed-strings -e "$1"; }

# drain FD: takes what comes until nothing has come for a moment, at most 20 times that.
drain() {
    local rest=20
    while ((rest-- > 0)) && read -rt "$debounce" -u "$1" _; do :; done
}

pipes=()
main "$@"
