#!/usr/bin/env bash
# Starts this node's etcd member and waits until it takes part in a majority. A member that runs with other
# settings than /etc/etcd/member.env has is started anew, one member of the cluster at a time.
#   MEMBER           this member's name
#   INITIAL_CLUSTER  all members: name=http://address:2380,…
set -euo pipefail

readonly data=/var/lib/etcd/default/member
own_peer='' own_endpoint='' other_endpoints=''

main() {
    : "${MEMBER:?}" "${INITIAL_CLUSTER:?}"
    read_members
    if systemctl --quiet is-active etcd; then
        runs_as_set || restart_alone
    else
        [[ -d $data ]] || join
        touch /etc/etcd/bootstrap.env
        systemctl enable --quiet etcd
        # A member that is ready only with others must not be waited for here: they may be waiting for us.
        systemctl restart --no-block etcd
    fi
    wait_until 180 "etcd member $MEMBER is healthy" takes_part ||
        die_with_journal etcd "etcd member $MEMBER has had no majority for 3 minutes"
}

read_members() {
    local member members others=()
    IFS=, read -ra members <<<"$INITIAL_CLUSTER"
    for member in "${members[@]}"; do
        if [[ ${member%%=*} == "$MEMBER" ]]; then
            own_peer=${member#*=} own_endpoint=${member#*=}
        else
            others+=("${member#*=}")
        fi
    done
    [[ -n $own_peer ]] || die "INITIAL_CLUSTER has no member $MEMBER"
    own_endpoint=${own_endpoint/%:2380/:2379}
    other_endpoints=$(IFS=, && echo "${others[*]/%:2380/:2379}")
}

# ask ENDPOINTS COMMAND...
ask() { ETCDCTL_ENDPOINTS=$1 timeout 10 etcdctl "${@:2}"; }

ask_others() { ask "$other_endpoints" "$@"; }

# Whether each setting of the file is in the environment that the process was started with.
runs_as_set() {
    local pid setting
    pid=$(systemctl show --property MainPID --value etcd)
    while read -r setting; do
        grep --quiet --null-data --line-regexp --fixed-strings -e "$setting" "/proc/$pid/environ" || return 1
    done < <(grep ^ETCD_ /etc/etcd/member.env)
}

# A member that has joined has a vote from here on, when it has what the others have: one that counts before it runs
# could cost a lone survivor its majority.
takes_part() {
    local status
    status=$(ask "$own_endpoint" endpoint status)
    [[ $(field 6 "$status") != true ]] || ask_others member promote "$(field 2 "$status")"
    ask "$own_endpoint" endpoint health
}

restart_alone() {
    keep_to_voters || die "no other etcd member has a majority"
    take_turn
    wait_until 60 "all members are healthy" ask_others endpoint health --cluster ||
        die "the settings of $MEMBER changed, but another member is not healthy: a restart would cost the majority"
    timeout 120 systemctl restart etcd || die_with_journal etcd "etcd does not start with its new settings"
    wait_until 60 "all members are healthy again" ask_others endpoint health --cluster ||
        die_with_journal etcd "not all members are healthy after the restart of $MEMBER"
}

# Holds a lock that the other members keep until this script ends; should it die, the lease runs out.
take_turn() {
    local key
    coproc LOCK { ETCDCTL_ENDPOINTS=$other_endpoints exec etcdctl lock --ttl 30 airflow-ha/members; }
    trap 'kill "$LOCK_PID" 2>/dev/null || true' EXIT
    read -rt 300 key <&"${LOCK[0]}" || die "another member has held the lock airflow-ha/members for 5 minutes"
    say "holding the lock $key"
}

# This member's disk is empty. It founds the cluster together with the others, unless they have one already:
# then it takes the place of the member that it was before its machine was made anew.
join() {
    local deadline=$((SECONDS + 30))
    until keep_to_voters; do
        if ! others_answer; then
            bootstrap_as new "$INITIAL_CLUSTER"
            return
        fi
        ((SECONDS < deadline)) || die "$MEMBER has an empty disk, and the other etcd members are up but have no" \
            "majority: a second cluster beside theirs would lose their data. Bring them to a majority first."
        sleep 1
    done
    if [[ -n $(own_line 3 "$MEMBER") && -z $(field 5 "$(own_line 3 "$MEMBER")") ]]; then
        # Named by the founders and never seen since: we are just the last one to come up.
        bootstrap_as new "$INITIAL_CLUSTER"
    else
        take_former_place
    fi
}

# Another new member that has no vote yet refuses what is asked here.
keep_to_voters() {
    local voters
    voters=$(ask_others endpoint health 2>/dev/null | awk '/ is healthy/ { print $1 }' | paste -sd ,) || true
    [[ -n $voters ]] && other_endpoints=$voters
}

others_answer() {
    local endpoint
    for endpoint in ${other_endpoints//,/ }; do
        ! ask "$endpoint" endpoint status >/dev/null 2>&1 || return 0
    done
    return 1
}

take_former_place() {
    local former
    take_turn
    former=$(field 1 "$(own_line 3 "$MEMBER")")
    if [[ -n $former ]]; then
        say "removing the former member $MEMBER ($former), whose disk is gone"
        wait_until 60 "removed" ask_others member remove "$former" || ask_others member remove "$former" ||
            die "the other members do not let $MEMBER go"
    fi
    wait_until 60 "member $MEMBER is added" ensure_added || ensure_added || die "the other members refuse $MEMBER"
    bootstrap_as existing "$(ask_others member list |
        awk -F', ' -v own="$MEMBER" '{ printf "%s%s=%s", (NR > 1 ? "," : ""), ($3 == "" ? own : $3), $4 }')"
}

ensure_added() {
    [[ -n $(own_line 4 "$own_peer") ]] || ask_others member add "$MEMBER" --learner --peer-urls="$own_peer"
}

# A line of the list is: id, status, name, peer URLs, client URLs, is learner.
own_line() { ask_others member list | awk -F', ' -v at="$1" -v own="$2" '$at == own'; }

field() { awk -F', ' -v at="$1" '{ print $at }' <<<"$2"; }

bootstrap_as() {
    say "$MEMBER joins a cluster that is $1"
    printf 'ETCD_INITIAL_CLUSTER_STATE=%s\nETCD_INITIAL_CLUSTER=%s\n' "$1" "$2" >/etc/etcd/bootstrap.env
}

main "$@"
