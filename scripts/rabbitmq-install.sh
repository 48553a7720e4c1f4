#!/usr/bin/env bash
# Installs RabbitMQ with its management plugin and tells its unit to wait for the mesh.
set -euo pipefail

main() {
    apt_install rabbitmq-server
    echo '[rabbitmq_management].' >/etc/rabbitmq/enabled_plugins
    mkdir -p /etc/systemd/system/rabbitmq-server.service.d
    cat >/etc/systemd/system/rabbitmq-server.service.d/airflow-ha.conf <<'UNIT'
[Unit]
# The mesh address has to be there before it can be listened on.
Wants=wg-quick@wg0.service
After=wg-quick@wg0.service
StartLimitIntervalSec=0

[Service]
Restart=always
RestartSec=2
StandardOutput=journal
StandardError=journal
UNIT
    systemctl daemon-reload
}

main "$@"
