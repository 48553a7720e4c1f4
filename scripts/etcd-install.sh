#!/usr/bin/env bash
# Installs etcd and tells its unit to take its settings from /etc/etcd.
set -euo pipefail

main() {
    apt_install etcd-server etcd-client
    mkdir -p /etc/etcd /etc/systemd/system/etcd.service.d
    cat >/etc/systemd/system/etcd.service.d/airflow-ha.conf <<'UNIT'
[Unit]
# The mesh address has to be there before it can be listened on.
After=wg-quick@wg0.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=/etc/etcd/member.env
EnvironmentFile=/etc/etcd/bootstrap.env
# A member is ready when a majority is there. One that comes up alone waits instead of being ended for it.
TimeoutStartSec=infinity
Restart=always
RestartSec=1
UNIT
    systemctl daemon-reload
}

main "$@"
