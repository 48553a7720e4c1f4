#!/usr/bin/env bash
# Runs on a node: asks each part of the cluster how it is. One line each: name, "ok" or "bad", a tab between, then
# what was seen.
set -uo pipefail

main() {
    check mesh mesh
    check etcd etcd
    check postgresql postgresql
    check failover failover
    check rabbitmq rabbitmq
    check dags dags
    check haproxy units haproxy.service
    check airflow units airflow-api-server airflow-scheduler airflow-dag-processor airflow-triggerer airflow-worker airflow-logs airflow-log-copies airflow-log-receiver.socket airflow-watchdog airflow-flower
    check heartbeats heartbeats
}

check() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf '%s\tok\t%s\n' "$name" "${said##*$'\n'}"
    else
        printf '%s\tbad\t%s\n' "$name" "$(printf %s "$said" | tr '\n\t' '; ')"
    fi
}

# WireGuard shakes hands again every 2 minutes while there is traffic; after 3 a tunnel is dead.
mesh() {
    wg show wg0 latest-handshakes | awk -v now="$(date +%s)" '
        now - $2 > 180 { print "no handshake with " $1 " for " now - $2 " s"; bad = 1 }
        END { if (!bad) print NR " peers"; exit bad }'
}

etcd() { timeout 10 etcdctl endpoint health --cluster 2>&1 | awk '/^[{]/ { next } !/is healthy/ { print; bad = 1 } END { if (!bad) print NR " members"; exit bad }'; }

postgresql() {
    local members
    members=$(timeout 20 patronictl list --format json 2>/dev/null) || {
        echo "Patroni does not answer"
        return 1
    }
    python3 -c '
import json, socket, sys
members = json.load(sys.stdin)
leaders = [m["Member"] for m in members if m["Role"] == "Leader" and m["State"] == "running"]
standbys = [m["Member"] for m in members if m["Role"] != "Leader" and m["State"] == "streaming"]
synchronous = [m["Member"] for m in members if m["Role"] in ("Quorum Standby", "Sync Standby")]
missing = [m["Member"] for m in members if m["Member"] not in leaders + standbys]
if socket.gethostname() not in [m["Member"] for m in members]:
    missing.append(socket.gethostname())
print("leader", *leaders or ["none"], "· streaming", *standbys, "· synchronous", *synchronous or ["none"],
    *(["· not in service", *missing] if missing else []))
sys.exit(len(leaders) != 1 or bool(missing) or not synchronous)' <<<"$members"
}

# Each kind of DagSync has its own service; of a shared volume there is none.
dags() {
    if systemctl --quiet is-enabled dag-git 2>/dev/null; then
        dag-git status | paste --serial --delimiters=, | sed 's/,/, /g'
    elif systemctl --quiet is-enabled dag-sync 2>/dev/null; then
        units dag-sync.service >/dev/null && csync2_peers
    else
        echo "a shared volume"
    fi
}

csync2_peers() {
    python3 -c '
import json, sys, time
try:
    peers = json.load(open("/run/dag-sync/status.json"))
except FileNotFoundError:
    sys.exit("it has just begun")
behind = {name: peer for name, peer in peers.items() if peer["behind"] != 0}
for name, peer in behind.items():
    print(name, "has not been asked yet") if peer["behind"] is None else print(name, "behind by", peer["behind"], "files since", time.strftime("%H:%M:%S", time.localtime(peer["since"])))
if not behind:
    print("in sync:", *peers)
sys.exit(bool(behind))'
}

# Its own setting may have switched the guard off.
failover() {
    if systemctl --quiet is-enabled patroni-failover; then units patroni-failover; else echo "by the lease only"; fi
}

rabbitmq() {
    local status
    status=$(timeout 30 rabbitmqctl --quiet cluster_status --formatter json 2>/dev/null) || {
        echo "not running"
        return 1
    }
    python3 -c '
import json, sys
status = json.load(sys.stdin)
running, known = sorted(status["running_nodes"]), sorted(status["disk_nodes"])
missing = [name for name in known if name not in running]
print("running", *running, f"of {len(known)}", *(["· without", *missing] if missing else []))
sys.exit(bool(missing) or bool(status["alarms"]) or bool(status["partitions"]))' <<<"$status"
}

units() {
    local unit bad=0
    for unit in "$@"; do
        systemctl --quiet is-active "$unit" || {
            echo "$unit is $(systemctl is-active "$unit")"
            bad=1
        }
    done
    ((bad)) || echo "$# running"
    return "$bad"
}

heartbeats() {
    local answer
    answer=$(curl --silent --show-error --fail --max-time 10 "http://$(hostname):8080/api/v2/monitor/health" 2>&1) || {
        echo "$answer"
        return 1
    }
    python3 -c '
import json, sys
parts = {name: part["status"] for name, part in json.load(sys.stdin).items() if part["status"] is not None}
print(", ".join(f"{name} {status}" for name, status in parts.items()))
sys.exit(any(status != "healthy" for status in parts.values()))' <<<"$answer"
}

main
