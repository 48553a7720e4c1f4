"""W3: a run each half a minute of each of two DAGs, with a short and a long task.

Each attempt notes its start and its end, and each second between them, in a file on its node: the database is not asked
what ran. `npm run faults` puts this file in place and takes it away.
"""

import os
import socket
import time
from datetime import datetime, timedelta, timezone

from airflow.sdk import dag, get_current_context, task


def attempt(seconds):
    instance = get_current_context()["ti"]
    identity = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    journal = os.open("/var/lib/lab-faults/tasks/attempts.tsv", flags, 0o644)

    def note(event):
        names = [instance.dag_id, instance.run_id, instance.task_id, str(instance.try_number)]
        line = "\t".join([event, identity, *names, f"{time.time():.6f}"])
        os.write(journal, f"{line}\n".encode())

    note("start")
    for _ in range(seconds):
        time.sleep(1)
        note("alive")
    note("end")
    os.close(journal)


def make(name, retries, second):
    @dag(
        dag_id=name,
        schedule=timedelta(seconds=30),
        start_date=datetime(2026, 1, 1, 0, 0, second, tzinfo=timezone.utc),
        catchup=False,
        is_paused_upon_creation=False,
        default_args={"retries": retries, "retry_delay": timedelta(seconds=5)},
        tags=["lab"],
    )
    def pipeline():
        @task
        def short():
            attempt(1)

        @task
        def long():
            attempt(40)

        short()
        long()

    pipeline()


make("lab_faults_retry", 1, 0)
make("lab_faults_once", 0, 15)
