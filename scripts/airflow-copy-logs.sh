#!/usr/bin/env bash
# Copies the logs of tasks that have ended to the other nodes, so that they can be read when this machine is gone. A copy
# has this node's name behind its own, as in attempt=1.log@airflow-nbg1: Airflow reads every file whose name begins with
# the log's, and no node ever writes into another one's log.
#   LOGS   folder of Airflow's logs
#   STATE  STATE/ADDRESS lists the logs that a peer has
#   PEERS  addresses of the other nodes, separated by spaces
#   PORT   TCP port on which they take copies
set -uo pipefail
export LC_ALL=C

# Seconds: between two looks; for one attempt to connect; for one transfer. After a look, five times as long as that took.
readonly pause=3 connecting=2 transfer=600 rest=5

main() {
    : "${LOGS:?}" "${STATE:?}" "${PEERS:?}" "${PORT:?}"
    local peer
    cd "$LOGS" || exit 1
    # Each in a process of its own: a dead peer delays no other one.
    for peer in $PEERS; do
        serve "$peer" &
    done
    wait -n
    exit 1
}

serve() {
    local has=$STATE/$1 before took said=''
    while true; do
        before=${EPOCHREALTIME/./}
        # A look that was cut short would have everything sent again.
        ended "$has" >"$has.now" || {
            sleep "$pause"
            continue
        }
        took=$((${EPOCHREALTIME/./} - before))
        if update "$1" "$has" 2>"$has.error"; then
            [[ -z $said ]] || echo "$1 has all logs again" >&2
            said=''
        else
            [[ -n $said ]] || echo "$1 gets its copies later: $(head -n 1 "$has.error")" >&2
            said=yes
        fi
        sleep $((pause + rest * took / 1000000))
    done
}

# Time, size and name of each log that nobody writes, sorted. A peer that has none yet gets the copies of other nodes'
# logs too: its machine may have been made anew.
ended() {
    local own=(! -name '*@*')
    [[ -e $1 ]] || own=()
    find . -path ./dag_processor -prune -o -type f "${own[@]}" -printf '%T@ %s %p\n' |
        { grep --invert-match --fixed-strings --file=<(opened) || (($? == 1)); } | sort
}

# Who writes has the file open with a right to write, which the link's own mode shows.
opened() { find /proc/[0-9]*/fd -perm -200 -lname "$LOGS/*" -printf '%l\n' 2>/dev/null | sed "s|^$LOGS|.|"; }

update() {
    local sent=/dev/null
    [[ ! -e $2 ]] || sent=$2
    comm -23 "$2.now" "$sent" | cut -d ' ' -f 3- >"$2.new"
    [[ ! -s $2.new ]] || [[ $(send "$1" "$2.new") == stored ]] || return 1
    mv "$2.now" "$2"
}

# The second pattern takes this node's name off a copy again.
send() {
    tar --create --no-recursion --verbatim-files-from --files-from="$2" \
        --transform="s,\$,@$HOSTNAME," --transform='s,\(@[^@/]*\)@[^@/]*$,\1,' |
        timeout "$transfer" socat -t "$transfer" - "TCP:$1:$PORT,connect-timeout=$connecting"
}

main "$@"
