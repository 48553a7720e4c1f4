"""What the workloads share: a session, and a file in which each outcome stands before the next attempt begins."""

import os
import socket
import time

folder = "/var/lib/lab-faults"
host = socket.gethostname()
# Seconds that a client waits for any answer.
patience = 2.0


class Journal:
    """One line an event. The disk outlives the machine's power, and the file is read from the computer of the lab."""

    def __init__(self, name):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self.file = os.open(f"{folder}/{name}.tsv", flags, 0o644)

    def write(self, *fields):
        line = "\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields)
        os.write(self.file, f"{line}\n".encode())


class Pace:
    """At most so many attempts a second; what was missed is not made up for."""

    def __init__(self, per_second):
        self.period = 1 / per_second
        self.next = time.monotonic()

    def wait(self):
        time.sleep(max(0.0, self.next - time.monotonic()))
        self.next = max(time.monotonic(), self.next + self.period)


def new_session():
    """Attempts are numbered from 0 within a session: one life of one process."""
    return f"{host}-{time.time_ns()}"


def attempts(journal, per_second, attempt):
    """Calls attempt(session, number) for ever and notes what it says: an outcome and why."""
    session, pace, number = new_session(), Pace(per_second), 0
    while True:
        pace.wait()
        began = time.time()
        outcome, why = attempt(session, number)
        journal.write(outcome, session, number, f"{began:.6f}", f"{time.time():.6f}", why)
        number += 1
