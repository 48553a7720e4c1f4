"""Commits one row 20 times a second through this node's HAProxy, and writes down what became of each: `ack` only where
PostgreSQL has acknowledged it without a warning. Arguments: node, password, file."""

import select
import sys
import time

import psycopg2

LIMIT = 2  # seconds for a connection, and for a commit


def wait(connection):
    """psycopg2's own waiting has no time limit; a cancelled statement would make an unsure commit look like a sure one."""
    deadline = time.monotonic() + LIMIT
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        reading = [connection] if state == psycopg2.extensions.POLL_READ else []
        writing = [] if reading else [connection]
        if not any(select.select(reading, writing, [], max(0, deadline - time.monotonic()))):
            raise TimeoutError


def main(node, password, path):
    psycopg2.extensions.set_wait_callback(wait)
    connection, number = None, int(time.time() * 1000)
    with open(path, "a", buffering=1) as file:
        while True:
            began = time.time()
            outcome, server, sent = "refused", "-", False
            row = f"{node}-{number}"
            number += 1
            try:
                if connection is None:
                    connection = psycopg2.connect(
                        host="127.0.0.1", port=5000, user="airflow", password=password, dbname="airflow"
                    )
                    connection.autocommit = True
                with connection.cursor() as cursor:
                    sent = True
                    cursor.execute("INSERT INTO failover VALUES (%s) RETURNING host(inet_server_addr())", (row,))
                    server = cursor.fetchone()[0]
                outcome = "unknown" if connection.notices else "ack"
            except (psycopg2.Error, TimeoutError) as error:
                # What PostgreSQL itself refuses was not committed; of all else nothing is known.
                if sent and not getattr(error, "pgcode", None):
                    outcome = "unknown"
                if connection is not None:
                    connection.close()
                connection = None
            file.write(f"{outcome} {row} {began:.3f} {time.time():.3f} {server}\n")
            time.sleep(max(0.0, began + 0.05 - time.time()))


main(*sys.argv[1:])
