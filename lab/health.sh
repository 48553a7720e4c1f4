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
    check dags units dag-sync.service
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
        printf '%s\tbad\t%s\n' "$name" "$(tr '\n\t' '; ' <<<"$said")"
    fi
}

# WireGuard shakes hands again every 2 minutes while there is traffic; after 3 a tunnel is dead.
mesh() {
    wg show wg0 latest-handshakes | awk -v now="$(date +%s)" '
        now - $2 > 180 { print "no handshake with " $1 " for " now - $2 " s"; bad = 1 }
        END { if (!bad) print NR " peers"; exit bad }'
}

etcd() { timeout 10 etcdctl endpoint health --cluster 2>&1 | awk '!/is healthy/ { print; bad = 1 } END { if (!bad) print NR " members"; exit bad }'; }

postgresql() {
    timeout 20 patronictl list --format json | python3 -c '
import json, socket, sys
members = json.load(sys.stdin)
leaders = [m["Member"] for m in members if m["Role"] == "Leader" and m["State"] == "running"]
standbys = [m["Member"] for m in members if m["Role"] != "Leader" and m["State"] == "streaming"]
synchronous = [m["Member"] for m in members if m["Role"] in ("Quorum Standby", "Sync Standby")]
print("leader", *leaders, "· streaming", *standbys, "· synchronous", *synchronous)
own = socket.gethostname() in leaders + standbys
sys.exit(not (own and len(leaders) == 1 and len(leaders + standbys) == len(members) and synchronous))'
}

# Its own setting may have switched the guard off.
failover() {
    if systemctl --quiet is-enabled patroni-failover; then units patroni-failover; else echo "by the lease only"; fi
}

rabbitmq() {
    timeout 30 rabbitmqctl --quiet cluster_status --formatter json | python3 -c '
import json, sys
status = json.load(sys.stdin)
running, known = sorted(status["running_nodes"]), sorted(status["disk_nodes"])
print("running", *running, f"of {len(known)}")
sys.exit(running != known or bool(status["alarms"]) or bool(status["partitions"]))'
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
