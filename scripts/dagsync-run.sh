#!/usr/bin/env bash
# Keeps a folder equal on all nodes: every change in it is sent to each peer, side by side, so that a dead peer delays
# no other one. What a dead peer missed is in csync2's database of that peer and is tried again every few seconds.
#   DAGS    the folder
#   OWNER   user and group that every file in it shall have
#   PEERS   the other nodes, separated by spaces: name=address
#   PORT    csync2's TCP port
#   CONFIG  CONFIG/ADDRESS/csync2.cfg is csync2's configuration for a peer
#   STATE   STATE/ADDRESS is csync2's database for a peer
set -uo pipefail

# Seconds: quiet time after which a burst of changes is over; between two looks without an event; for one attempt to
# connect; for one transfer, whose finished files count even when it is ended; of a conflict that no side wins.
readonly debounce=0.05 sweep=5 connecting=2 transfer=20 tie=20

main() {
    : "${DAGS:?}" "${OWNER:?}" "${PEERS:?}" "${PORT:?}" "${CONFIG:?}" "${STATE:?}"
    local peer pipe pipes=() changes watcher
    cd /
    for peer in $PEERS; do
        exec {pipe}> >(serve "${peer%=*}" "${peer#*=}")
        pipes+=("$pipe")
    done
    exec {changes}< <(exec inotifywait --monitor --quiet --recursive --format x \
        --event close_write,create,delete,move,attrib "$DAGS")
    watcher=$!
    while kill -0 "$watcher" 2>/dev/null; do
        find "$DAGS" \( ! -user "$OWNER" -o ! -group "$OWNER" \) -exec chown -h "$OWNER:$OWNER" {} + 2>/dev/null
        end_second
        for pipe in "${pipes[@]}"; do
            echo x >&"$pipe"
        done
        read -rt "$sweep" -u "$changes" _ && drain "$changes"
    done
    echo "inotifywait has ended" >&2
    exit 1
}

# drain FD: takes what comes until nothing has come for a moment, for a second at most.
drain() {
    local rest=20
    while ((rest-- > 0)) && read -rt "$debounce" -u "$1" _; do :; done
}

# csync2 tells versions apart by size and whole seconds. It must not see a file whose second is not over: a second save
# in that same second would go unnoticed.
end_second() {
    [[ -n $(find "$DAGS" -newermt "@$EPOCHSECONDS" -print -quit) ]] || return 0
    local microseconds=$((10#${EPOCHREALTIME#*[.,]}))
    sleep "$(printf '0.%06d' $((999999 - microseconds)))"
}

# One peer: whenever told, notes what has changed for it and sends it.
serve() {
    local peer=$1 csync2=(csync2 -D "$STATE/$2" -B) said='' failed=0 lost=0 answer
    export CSYNC2_SYSTEM_DIR=$CONFIG/$2
    while read -r _; do
        while read -rt 0; do read -r _; done
        look || tell "csync2 cannot look through $DAGS"
        [[ -n $(owed) ]] || continue
        if ! timeout "$connecting" bash -c "exec 3<>/dev/tcp/$2/$PORT" 2>/dev/null; then
            tell "$peer does not answer: it gets its changes when it is back"
        elif answer=$(send 2>&1); then
            [[ -z $said ]] || tell "$peer is up to date again"
            said='' failed=0 lost=0
        else
            # One failure is common: a second sender was faster.
            ((++failed == 1)) || tell "not all changes are on $peer yet: $answer"
            [[ $answer == *"Lost 'younger/older' test"* ]] && settle
        fi
    done
}

# A file that csync2 is receiving would pass for changed here. A sender that has died is not waited for longer.
look() {
    (
        flock --timeout 3 9
        exec "${csync2[@]}" -cr "$DAGS" 9>&-
    ) 9>>"$STATE/receiving"
}

# The files that the peer lacks. A line of csync2's list is: "force" or "chary", this node, peer, file.
owed() { "${csync2[@]}" -M 2>/dev/null | cut -f 4-; }

send() { timeout "$transfer" "${csync2[@]}" -u -P "$peer"; }

# Says a thing once, not at every attempt.
tell() {
    [[ $said == "$1" ]] || echo "$1" >&2
    said=$1
}

# The younger version wins, when its node sends it. Of two that were saved in the same second neither does: then the
# version of the node that comes first in the alphabet is taken, and csync2 keeps the other one.
settle() {
    ((lost > 0)) || lost=$SECONDS
    ((SECONDS - lost >= tie)) && [[ $HOSTNAME < $peer ]] || return 0
    echo "$peer gets this node's version of what both have changed in the same second" >&2
    owed | xargs -rd '\n' "${csync2[@]}" -f
    send
    lost=0
}

main "$@"
