#!/usr/bin/env bash
# Installs PostgreSQL without a cluster of its own, and Patroni with a unit that reads /etc/patroni/airflow-ha.
#   POSTGRES_VERSION  PostgreSQL's major version
set -euo pipefail

main() {
    : "${POSTGRES_VERSION:?}"
    mkdir -p /etc/postgresql-common/createcluster.d /etc/patroni/airflow-ha
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/airflow-ha.conf
    apt_install "postgresql-$POSTGRES_VERSION" patroni python3-etcd curl jq
    install -d -o postgres -g postgres "/var/lib/postgresql/$POSTGRES_VERSION"
    write_unit
    miss_the_dead
    # Where patronictl looks for its configuration, so that it needs no flag.
    mkdir -p /root/.config/patroni
    ln -sfn /etc/patroni/airflow-ha /root/.config/patroni/patronictl.yaml
}

# A machine that has lost its power closes no connection, and by default the kernel asks a silent one after two hours: so long
# did a pg_rewind wait whose source had gone. Seconds; PostgreSQL's own settings are beside this for its sessions.
miss_the_dead() {
    cat >/etc/sysctl.d/60-airflow-ha.conf <<'SYSCTL'
net.ipv4.tcp_keepalive_time = 20
net.ipv4.tcp_keepalive_intvl = 5
net.ipv4.tcp_keepalive_probes = 3
SYSCTL
    sysctl --quiet --load /etc/sysctl.d/60-airflow-ha.conf
}

write_unit() {
    mkdir -p /etc/systemd/system/patroni.service.d
    cat >/etc/systemd/system/patroni.service.d/airflow-ha.conf <<'UNIT'
[Unit]
# The mesh address has to be there before it can be listened on.
After=wg-quick@wg0.service etcd.service
ConditionPathExists=
ConditionPathExists=/etc/patroni/airflow-ha/secrets.yml
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=/usr/bin/patroni /etc/patroni/airflow-ha
RuntimeDirectory=patroni
RuntimeDirectoryMode=0700
# PostgreSQL outlives a Patroni that dies; the next one takes charge of it again.
RuntimeDirectoryPreserve=yes
Restart=always
RestartSec=1
# The checkpoint at shutdown takes as long as it takes.
TimeoutStopSec=120
# Where memory runs out, a task is to go and not the database: the postmaster is spared, its backends are not.
OOMScoreAdjust=-900
Environment=PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj PG_OOM_ADJUST_VALUE=0
UNIT
    systemctl daemon-reload
}

main "$@"
