#!/usr/bin/env bash
# The command recover-rabbitmq: this node becomes a cluster of its own.
set -euo pipefail

usage() {
    cat <<USAGE
Usage: recover-rabbitmq --others-are-gone

Makes the RabbitMQ node $NODE a cluster of its own, when a majority of the nodes is gone for good: users, virtual
hosts and queues stay, each quorum queue with the one member that $NODE has. Messages that only the lost nodes had
are lost, and so are queues without a member on $NODE. New machines join the cluster as they join any other.

  --others-are-gone  the other machines are off and stay off
Exit codes: 0 it is done, 1 it failed on the way, 2 wrong usage, 3 refused (nothing was changed).
USAGE
}

main() {
    read_options "--others-are-gone" "$@"
    require_others_gone
    systemctl start --no-block rabbitmq-server
    wait_until 60 "RabbitMQ's process answers" run ping || die_with_journal rabbitmq-server "RabbitMQ does not start"
    # It may be waiting for the others in the middle of its start: this is what it waits for.
    wait_until 60 "users, virtual hosts and queues need no other node any more" run force_standalone_khepri_boot ||
        die_with_journal rabbitmq-server "the metadata store does not let the lost nodes go"
    wait_until 120 "RabbitMQ has started" run await_startup || die_with_journal rabbitmq-server "RabbitMQ does not start"
    delete_transient_queues
    shrink_queues
    wait_until 60 "every quorum queue has a leader" all_led || die "a queue has no leader: $(run list_queues name leader)"
    say "RabbitMQ on $NODE is a cluster of its own now"
}

run() { timeout 60 rabbitmqctl --quiet "$@"; }

# Those that lived on the lost nodes, as each Flower's: a new node of the same name fails at its first start by deleting
# them, before it knows their exchange's type.
delete_transient_queues() {
    local said
    said=$(run eval '[ok = rabbit_amqqueue:delete_transient_queues_on_node(Node) || Node <- lists:usort([
        node(amqqueue:get_pid(Q)) || Q <- rabbit_db_queue:get_all(), is_pid(amqqueue:get_pid(Q))]), Node =/= node()].') ||
        die "the queues of the lost nodes do not go: $said"
}

# As rabbit_quorum_queue:force_shrink_member_to_current_member does it, but that waits 8 s for the lost nodes at each queue.
# Where this node has no member, nothing is left of the queue but its name: its users declare it anew.
shrink_queues() {
    local lost
    lost=$(run eval 'lists:append([
        case lists:member(node(), maps:get(nodes, amqqueue:get_type_state(Q))) of
            true ->
                ok = ra_server_proc:force_shrink_members_to_current_member({element(1, amqqueue:get_pid(Q)), node()}),
                Alone = fun(Now) -> amqqueue:set_type_state(Now, (amqqueue:get_type_state(Now))#{nodes => [node()]}) end,
                _ = rabbit_amqqueue:update(amqqueue:get_name(Q), Alone),
                [];
            false ->
                {ok, _} = rabbit_amqqueue:delete(Q, false, false, <<"recovery">>),
                [amqqueue:get_name(Q)]
        end || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue]).') ||
        die "the queues do not let their lost members go: $lost"
    [[ $lost == '[]' ]] || say "these queues had no member on $NODE: $lost"
}

all_led() {
    [[ $(run eval 'lists:all(
        fun(Q) -> {Name, _} = amqqueue:get_pid(Q), ra_leaderboard:lookup_leader(Name) =:= {Name, node()} end,
        [Q || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue]).') == true ]]
}

main "$@"
