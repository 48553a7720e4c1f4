"""Makes what the tests need of csync2's database, in the folder that is given."""

import contextlib
import socket
import sqlite3
import sys


def make(folder):
    with contextlib.closing(sqlite3.connect(f"{folder}/{socket.gethostname()}.db3")) as database:
        database.execute("CREATE TABLE IF NOT EXISTS file (filename, checktxt)")
        database.execute("CREATE TABLE IF NOT EXISTS dirty (filename, forced, myname, peername)")


if __name__ == "__main__":
    make(sys.argv[1])
