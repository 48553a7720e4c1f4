#!/usr/bin/env bash
# Has this node take copies of the other nodes' task logs, and gets it ready to send its own. A peer whose machine was
# made anew is sent everything: what has been noted of the former machine is forgotten, while nothing is sent.
#   STATE     STATE/ADDRESS lists the logs that a peer has
#   MACHINES  the peers, separated by spaces: address=text that is another one when the machine was made anew
set -euo pipefail

main() {
    : "${STATE:?}" "${MACHINES:?}"
    local machine sends=no
    apt_install socat
    systemctl daemon-reload
    systemctl enable --quiet airflow-log-receiver.socket
    systemctl restart airflow-log-receiver.socket ||
        die_with_journal airflow-log-receiver.socket "nothing takes copies of the other nodes' logs"
    install -d -o airflow -g airflow -m 0750 "$STATE"
    # On a new machine there is no such unit yet: airflow-start.sh starts it with all others.
    ! systemctl --quiet is-enabled airflow-log-copies 2>/dev/null || sends=yes
    # In the middle of a look, it would write down again what is forgotten here.
    [[ $sends == no ]] || systemctl stop airflow-log-copies
    for machine in $MACHINES; do
        forget_former "${machine%%=*}" "${machine#*=}"
    done
    [[ $sends == no ]] || systemctl start airflow-log-copies ||
        die_with_journal airflow-log-copies "no logs are copied to the other nodes"
}

forget_former() {
    local peer=$STATE/$1
    [[ $(cat "$peer.machine" 2>/dev/null) != "$2" ]] || return 0
    rm -f "$peer"
    echo "$2" >"$peer.machine"
}

main "$@"
