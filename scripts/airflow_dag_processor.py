"""Runs Airflow's DAG processor, the command that it is given, on one node at a time; on the other nodes it stands by.

Each node has its own copy of the DAGs. Of two processors whose copies differ for a while, one marks as deleted what the
other one adds, and writes old versions over new ones. So there is a lock in the database; it goes with the session that
holds it: with the program, its machine, or the primary.
Environment variables: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, and
BEHIND             file that exists while this node's DAGs lag behind the others'; may be unset
RUNTIME_DIRECTORY  there the file `works` is while the DAG processor runs; it says since when (time.monotonic())"""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psycopg  # of Airflow's installation
from systemd_notify import notify

# Seconds: between two looks; without a session until the DAG processor is stopped, since its start takes 15 s of a core
# and a failover of the database less; for which others leave the lock to who had it; until it is killed.
LOOK, OUTAGE, PRECEDENCE, END = 1, 30, 10, 10

# A number that Airflow, which counts its own from 1, does not use.
LOCK = 0x64616773
# The way leads through HAProxy, which ends the session when the primary is gone. Seconds, milliseconds for the last.
CONNECTION = {"connect_timeout": 3, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
CONNECTION |= {"tcp_user_timeout": 5000, "autocommit": True}

# Each session's name tells the other nodes, and who looks at pg_stat_activity, how it is there.
WORKS, READY, LAGS = (f"dag-processor: {state}" for state in ("works", "stands by", "lags behind"))
OTHERS = """SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid())"""


class Processor:
    def __init__(self, command):
        self.command, self.lag = command, os.environ.get("BEHIND", "")
        self.marker = os.path.join(os.environ["RUNTIME_DIRECTORY"], "works")
        self.session = self.child = self.said = None
        self.holds, self.lagged = False, True
        # When the lock was last held; from when it may be asked for, and how long after connecting that is.
        self.held = self.ask_from = self.precedence = 0

    def look(self):
        if self.child and self.child.poll() is not None:
            sys.exit(f"the DAG processor has ended by itself, with {self.child.returncode}")
        now = time.monotonic()
        try:
            reason = self.ask(now)
        except psycopg.Error as error:
            self.disconnect()
            if self.child and now - self.held < OUTAGE:
                self.say(f"the session is lost, and the DAG processor goes on for {OUTAGE} s at most: {error}")
                return
            reason = f"the database does not answer: {error}"
        if reason is None:
            self.held = now
            self.work()
        else:
            self.stand_by(reason)

    def ask(self, now):
        """Why not to work; None when this node holds the lock and shall."""
        if self.session is None:
            database = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "", 1)
            self.session = psycopg.connect(database, **CONNECTION)
            self.ask_from = now + (0 if self.child else self.precedence)
        lagged, self.lagged = self.lagged, os.path.exists(self.lag)
        state = LAGS if self.lagged else WORKS if self.holds else READY
        self.query("SELECT set_config('application_name', %s, false)", state)
        # For two looks: one file that is being copied is no reason, and the others have said meanwhile how they are.
        if self.lagged and lagged and self.query(OTHERS, READY):
            return "this node's DAGs lag behind those of another one that can work"
        if now < self.ask_from:
            return "the node whose DAG processor worked goes first"
        self.holds = self.holds or self.query("SELECT pg_try_advisory_lock(%s)", LOCK)
        return None if self.holds else "another node's DAG processor works"

    def query(self, query, argument):
        return self.session.execute(query, [argument]).fetchone()[0]

    def work(self):
        self.say("this node's DAG processor works")
        if self.child is None:
            with open(self.marker, "w") as file:
                file.write(str(time.monotonic()))
            self.child = subprocess.Popen(self.command, start_new_session=True)

    def stand_by(self, reason):
        self.say(f"stands by: {reason}")
        self.stop()
        if self.holds:
            self.disconnect()

    def disconnect(self):
        """Gives up the lock, too."""
        if self.session:
            self.session.close()
        self.session, self.holds, self.precedence = None, False, PRECEDENCE

    def stop(self):
        if self.child:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(END)
            # What it has left behind, too.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
            os.remove(self.marker)
            self.child = None

    def say(self, text):
        if text != self.said:
            print(text, flush=True)
        self.said = text


def main(command):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    processor = Processor(command)
    try:
        while True:
            notify("WATCHDOG=1")
            processor.look()
            time.sleep(LOOK)
    finally:
        processor.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
