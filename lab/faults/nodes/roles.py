"""Beside W1: asks the node's own PostgreSQL five times a second whether it is a primary. Notes each "yes"."""

import os
import time

import psycopg

from common import Journal, Pace

conninfo = (
    f"host={os.environ['MESH_ADDRESS']} port={os.environ['POSTGRES_PORT']} dbname={os.environ['DATABASE']} "
    f"user={os.environ['DATABASE_USER']} password={os.environ['DATABASE_PASSWORD']} "
    "connect_timeout=2 tcp_user_timeout=2000 application_name=lab-faults"
)


def main():
    journal, pace, connection = Journal("roles"), Pace(5), None
    while True:
        pace.wait()
        try:
            connection = connection or psycopg.connect(conninfo, autocommit=True)
            began = time.time()
            (replica,) = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        except psycopg.Error:
            connection = None
            continue
        if not replica:
            journal.write(f"{began:.6f}")


if __name__ == "__main__":
    main()
