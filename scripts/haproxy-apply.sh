#!/usr/bin/env bash
# Installs HAProxy, checks all parts of its configuration together and reloads it. Several components add
# their parts (/etc/haproxy/conf.d/*.cfg) to one machine at the same time, hence the lock.
set -euo pipefail

main() {
    local said
    apt_install haproxy
    exec 8>/run/lock/airflow-ha-haproxy
    flock --timeout 120 8 || die "another run has held /run/lock/airflow-ha-haproxy for 2 minutes"
    mkdir -p /etc/haproxy/conf.d
    write_base
    echo 'EXTRAOPTS="-f /etc/haproxy/conf.d"' >/etc/default/haproxy
    said=$(haproxy -c -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/conf.d 2>&1) ||
        die "HAProxy refuses its configuration:"$'\n'"$said"
    systemctl enable --quiet haproxy
    systemctl reload-or-restart haproxy || die_with_journal haproxy "HAProxy did not start"
    wait_until 20 "HAProxy runs" systemctl is-active haproxy || die_with_journal haproxy "HAProxy does not run"
}

write_base() {
    cat >/etc/haproxy/haproxy.cfg <<'CONFIG'
# Every section of conf.d says its own mode and timeouts.
global
    log /dev/log local0
    user haproxy
    group haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
    # After a reload, connections of the old process are closed at the latest then.
    hard-stop-after 1h
    ssl-default-bind-options ssl-min-ver TLSv1.2
    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20

defaults
    log global
    option dontlognull
    timeout connect 5s
CONFIG
}

main "$@"
