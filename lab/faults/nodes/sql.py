"""W1: commits one row after the other through the node's own HAProxy, 20 a second.

An outcome is "ok" when the server said so without a warning, "refused" when it surely did not commit, and "unknown"
otherwise. The wait for an answer ends here and never by a request to cancel: PostgreSQL would then commit without its
standby, and say so with a warning only.
"""

import os
import select
import time

from psycopg import OperationalError, pq

from common import Journal, attempts, patience

conninfo = (
    f"host=127.0.0.1 port={os.environ['PRIMARY_PORT']} dbname={os.environ['DATABASE']} "
    f"user={os.environ['DATABASE_USER']} password={os.environ['DATABASE_PASSWORD']} "
    "connect_timeout=2 tcp_user_timeout=2000 application_name=lab-faults"
)


class Unknown(Exception):
    pass


class Writer:
    def __init__(self):
        self.connection = None
        self.warnings = []

    def attempt(self, session, number):
        try:
            if self.connection is None:
                self.connect()
        except OperationalError as error:
            self.close()
            return "refused", error
        try:
            self.warnings.clear()
            result = self.answer(f"INSERT INTO lab_faults.rows VALUES ('{session}', {number})")
        except (OperationalError, Unknown) as error:
            self.close()
            return "unknown", error
        if result.status == pq.ExecStatus.COMMAND_OK and not self.warnings:
            return "ok", ""
        severity = field(result, pq.DiagnosticField.SEVERITY_NONLOCALIZED)
        why = "; ".join([*self.warnings, field(result, pq.DiagnosticField.MESSAGE_PRIMARY)])
        self.close()
        # A FATAL may come to a backend that has committed and waits for its standby.
        return ("refused" if severity == "ERROR" and not self.warnings else "unknown"), why

    def connect(self):
        self.connection = pq.PGconn.connect(conninfo.encode())
        if self.connection.status != pq.ConnStatus.OK:
            raise OperationalError(self.connection.get_error_message())
        self.connection.notice_handler = lambda result: self.warnings.append(
            field(result, pq.DiagnosticField.MESSAGE_PRIMARY)
        )
        self.connection.nonblocking = 1

    def answer(self, statement):
        connection, deadline, last = self.connection, time.monotonic() + patience, None
        connection.send_query(statement.encode())
        while connection.flush() == 1:
            self.ready(deadline, write=True)
        while True:
            while connection.is_busy():
                self.ready(deadline)
                connection.consume_input()
            result = connection.get_result()
            if result is None:
                if last is None or connection.status != pq.ConnStatus.OK:
                    raise Unknown(connection.get_error_message())
                return last
            last = result

    def ready(self, deadline, write=False):
        sockets = [self.connection.socket]
        left = deadline - time.monotonic()
        if left <= 0 or not any(select.select(sockets, sockets if write else [], [], left)):
            raise Unknown(f"no answer for {patience} s")

    def close(self):
        if self.connection is not None:
            self.connection.finish()
            self.connection = None


def field(result, which):
    return (result.error_field(which) or b"").decode(errors="replace")


if __name__ == "__main__":
    attempts(Journal("sql"), 20, Writer().attempt)
