"""The service on each node: follows etcd and polls the upstream."""

import os
import sys
import threading
import time

from dags_branch import Refused
from dags_repository import GitError
from systemd_notify import notify

# Seconds: between two looks at etcd; after which a node that cannot catch up is started all the same; after which it says
# that it lags behind.
PAUSE, PATIENCE, LAG = 0.5, 60, 5
TROUBLE = (OSError, GitError, Refused)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Reporter:
    """Says a thing once, not at every attempt, and when it is over."""

    def __init__(self, over):
        self.over, self.said = over, None

    def report(self, problem):
        if problem != self.said:
            say(problem or self.over)
        self.said = problem


def mark(behind):
    """The file by which Airflow's DAG processor knows whether this node's DAGs are those of the others."""
    if folder := os.environ.get("RUNTIME_DIRECTORY"):
        path = os.path.join(folder, "behind")
        if behind and not os.path.exists(path):
            open(path, "w").close()
        elif not behind and os.path.exists(path):
            os.remove(path)


def catch_up(branch):
    """Once, for somebody who waits."""
    try:
        branch.catch_up()
    except TROUBLE as error:
        say(f"{branch.own} does not know whether it has the newest: {error}")


def follow(branch, upstream, pushes):
    threading.excepthook = lambda failed: (sys.__excepthook__(*failed[:3]), os._exit(1))
    pushes.start()
    if upstream:
        threading.Thread(target=poll_always, args=(upstream,), daemon=True).start()
    reporter, ready = Reporter("this node follows again"), False
    since = followed = time.monotonic()

    def mark_always():
        """Also while one attempt takes long."""
        while True:
            mark(behind=time.monotonic() - followed >= LAG)
            time.sleep(PAUSE)

    threading.Thread(target=mark_always, daemon=True).start()
    while True:
        notify("WATCHDOG=1")
        try:
            if news := branch.catch_up(own_copy=ready):
                say(news)
            reporter.report(None)
            well, followed = True, time.monotonic()
        except TROUBLE as error:
            reporter.report(f"this node does not follow: {error}")
            well = False
        # Airflow's units are started after this one: a worker is not to lack what it is asked for.
        if not ready and (well or time.monotonic() - since > PATIENCE):
            ready = True
            notify("READY=1")
        time.sleep(PAUSE)


def poll_always(upstream):
    reporter = Reporter(f"{upstream.url} is followed again")
    while True:
        try:
            reporter.report(upstream.problem())
        except TROUBLE as error:
            reporter.report(f"{upstream.url} is not followed: {error}")
        time.sleep(upstream.config["interval"])
