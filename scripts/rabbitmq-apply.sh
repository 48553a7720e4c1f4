#!/usr/bin/env bash
# Restarts this machine's RabbitMQ node if its settings are younger than its process. The caller takes one node
# after the other.
#   MEMBERS  how many nodes the cluster has
set -euo pipefail

main() {
    : "${MEMBERS:?}"
    if ! settings_are_younger; then
        say "RabbitMQ runs with the settings that it has"
        return
    fi
    wait_until 120 "the other nodes can do without this one" rabbitmq-diagnostics --quiet check_if_node_is_quorum_critical ||
        die "a queue would lose its majority if this RabbitMQ node was restarted: bring all nodes up first"
    systemctl restart rabbitmq-server || die_with_journal rabbitmq-server "RabbitMQ does not start with its new settings"
    wait_until 120 "$MEMBERS RabbitMQ nodes run" rabbitmqctl --quiet await_online_nodes "$MEMBERS" --timeout 20 ||
        die_with_journal rabbitmq-server "the cluster is not whole again after the restart of this node"
}

settings_are_younger() {
    local started file
    started=$(systemctl show --timestamp=unix --property ExecMainStartTimestamp --value rabbitmq-server)
    for file in /etc/rabbitmq/rabbitmq.conf /etc/rabbitmq/rabbitmq-env.conf /var/lib/rabbitmq/.erlang.cookie; do
        (($(stat -c %Y "$file") <= ${started#@})) || return 0
    done
    return 1
}

main "$@"
