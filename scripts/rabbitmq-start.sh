#!/usr/bin/env bash
# Starts this machine's RabbitMQ node, if it does not run, and waits until all nodes run in one cluster.
#   MEMBER   this node: rabbit@NAME
#   MEMBERS  all nodes, separated by spaces
set -euo pipefail

main() {
    : "${MEMBER:?}" "${MEMBERS:?}"
    local all=()
    read -ra all <<<"$MEMBERS"
    systemctl daemon-reload
    restart_epmd_where_bound_otherwise
    if ! systemctl --quiet is-active rabbitmq-server; then
        [[ -d /var/lib/rabbitmq/mnesia/$MEMBER ]] || leave_former_place "${all[@]}"
        systemctl enable --quiet rabbitmq-server
        # A node that joins while the others clean up after its former self may fail once: it is told of that before it
        # knows its own kinds of exchanges. systemd starts it again.
        systemctl start rabbitmq-server ||
            wait_until 120 "RabbitMQ has started, at another attempt" systemctl is-active rabbitmq-server ||
            die_with_journal rabbitmq-server "RabbitMQ does not start on $MEMBER"
    fi
    wait_until 180 "${#all[@]} RabbitMQ nodes run in one cluster" all_run "${#all[@]}" ||
        die_with_journal rabbitmq-server "not all of $MEMBERS have been in one cluster for 3 minutes"
}

# The package's own socket may listen everywhere since its last boot.
restart_epmd_where_bound_otherwise() {
    local address
    for address in $(systemctl show --property Listen --value epmd.socket | awk '{ print $1 }'); do
        ss -Hltn "src $address" | grep --quiet . || {
            systemctl restart epmd.socket
            return
        }
    done
}

# This disk is new. Members that know a former node of the same name would refuse the new one.
leave_former_place() {
    local other
    for other in "$@"; do
        [[ $other != "$MEMBER" ]] || continue
        if timeout 30 rabbitmqctl --quiet --node "$other" cluster_status --formatter json 2>/dev/null |
            grep --quiet --fixed-strings "\"$MEMBER\""; then
            say "removing the former node $MEMBER, whose disk is gone"
            timeout 60 rabbitmqctl --quiet --node "$other" forget_cluster_node "$MEMBER" >&2 ||
                die "$other does not let the former node $MEMBER go"
            return
        fi
    done
}

all_run() { timeout 30 rabbitmqctl --quiet await_online_nodes "$1" --timeout 20; }

main "$@"
