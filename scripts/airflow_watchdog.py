"""Restarts those of this node's Airflow processes that are there and do nothing.

systemd restarts what ends. What hangs shows by what it does not do: a scheduler, DAG processor or triggerer writes no
heartbeat into the database, an API server gives no answer, a worker runs no task and consumes none. A DAG processor that
stands by writes none either, and hangs not.
"""

import base64
import json
import os
import socket
import subprocess
import time
import urllib.request
from urllib.parse import urlsplit

# Seconds: between two looks; of doing nothing; after a start that do not count; these at most, if restarts do not help.
# A start of all of a node's processes at once takes one processor core a minute, and three on a machine that is busy.
INTERVAL, HUNG, STARTING, PATIENCE = 10, 40, 300, 3600

# There while this node's DAG processor works; says since when (airflow_dag_processor.py).
WORKS = "/run/airflow-dag-processor/works"

JOBS = {"SchedulerJob": "scheduler", "DagProcessorJob": "dag-processor", "TriggererJob": "triggerer"}
BEATING = """SELECT DISTINCT job_type FROM job
    WHERE hostname = %s AND state = 'running' AND latest_heartbeat > now() - interval '30 s'"""


class Suspicion:
    """What is held against one unit."""

    def __init__(self):
        self.since, self.starting = None, STARTING

    def grows(self, now, running_since, works):
        """Whether to restart it. `works` is None when nothing is known, `running_since` when it does not run."""
        if works:
            self.starting = STARTING
        if works is not False or running_since is None or now - running_since < self.starting:
            self.since = None
            return False
        if self.since is None:
            self.since = now
        if now - self.since < HUNG:
            return False
        # One restart that did not help is no reason for many.
        self.since, self.starting = None, min(2 * self.starting, PATIENCE)
        return True


def jobs():
    """Of each kind of process whether it writes heartbeats; nothing is known while the database is away."""
    import psycopg  # of Airflow's installation
    database = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "", 1)
    try:
        with psycopg.connect(database) as connection:
            beating = {row[0] for row in connection.execute(BEATING, [socket.gethostname()])}
    except psycopg.Error:
        return {}
    return {name: job in beating for job, name in JOBS.items()}


def answers():
    """Whether the API server says what it has to ask the database for."""
    try:
        with urllib.request.urlopen(os.environ["API"] + "/api/v2/monitor/health", timeout=8) as answer:
            return json.load(answer)["metadatabase"]["status"] == "healthy"
    except (OSError, ValueError, KeyError):
        return False


def consumes():
    """Whether Airflow's queue has a consumer on this node; None while no broker says who consumes."""
    for url in map(urlsplit, os.environ["CELERY_BROKER_READ_URL"].split(";")):
        login = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        at = f"http://{url.hostname}:{os.environ['MANAGEMENT']}/api/consumers{url.path}"
        request = urllib.request.Request(at, headers={"Authorization": f"Basic {login}"})
        try:
            with urllib.request.urlopen(request, timeout=3) as answer:
                consumers = [each for each in json.load(answer) if each["queue"]["name"] == "default"]
        except (OSError, ValueError):
            continue
        return os.environ["ADDRESS"] in [dict(each["channel_details"]).get("peer_host") for each in consumers]
    return None


def has_tasks():
    """Whether tasks run here. They end by themselves, even when the worker that started them hangs."""
    look = ["pgrep", "--runstates", "D,R,S", "--full", "^airflow worker -- "]
    return subprocess.run(look, stdout=subprocess.DEVNULL).returncode == 0


def look():
    """Whether each kind of process works now; nothing is known without the database, which a node cut off has not."""
    known = jobs()
    if known:
        known["api-server"] = answers()
        known["worker"] = has_tasks() or consumes()
    return known


def running_since(unit):
    """On time.monotonic()'s clock; None when it does not run, or stands by."""
    show = ["systemctl", "show", "--value", "--property=ActiveEnterTimestampMonotonic", unit]
    if subprocess.run(["systemctl", "--quiet", "is-active", unit], timeout=20).returncode != 0:
        return None
    if unit == "airflow-dag-processor":
        try:
            with open(WORKS) as file:
                return float(file.read())
        except (OSError, ValueError):
            return None
    return int(subprocess.check_output(show, timeout=20)) / 1e6


def main():
    suspicions = {name: Suspicion() for name in [*JOBS.values(), "api-server", "worker"]}
    while True:
        known = look()
        for name, suspicion in suspicions.items():
            unit = f"airflow-{name}"
            if suspicion.grows(time.monotonic(), running_since(unit), known.get(name)):
                print(f"{unit} runs and does nothing: it is restarted", flush=True)
                subprocess.run(["systemctl", "kill", "--kill-whom=all", "--signal=KILL", unit], timeout=20)
        time.sleep(INTERVAL)


if __name__ == "__main__":
    main()
