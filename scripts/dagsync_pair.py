"""What this node and one peer have in common: csync2's database of the pair. `file` has the version of each path that is
the same on both once all of `dirty` has been sent. csync2's receiving side writes down there what it has received."""

import contextlib
import os
import socket
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

from dagsync_leases import GONE

# The characters that csync2 does not write as they are.
ENCODED = {chr(code) for code in (*range(1, 33), 127)} | set("\"'%$:|\\")
# Seconds to wait for csync2's own writes.
BUSY = 20
# Paths for one statement.
CHUNK = 500
# Files that are flushed side by side: the file system writes them together.
AT_ONCE = 16
# A name need not be UTF-8; it is text all the same.
TEXT = "CAST(? AS TEXT)"


class Pair:
    """`state`: the folder of the database, which csync2 has made."""

    def __init__(self, peer, state):
        self.me, self.peer = socket.gethostname(), peer
        self.path = os.path.join(state, f"{self.me}.db3")
        with self.database() as database:
            # One flush to the disk for each of csync2's transactions instead of four.
            database.execute("PRAGMA journal_mode = WAL")

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=BUSY)) as database:
            database.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            yield database
            database.commit()

    def versions(self, paths):
        """Of those that it has."""
        found = {}
        with self.database() as database:
            for chunk in chunks([stored(path) for path in paths], CHUNK):
                marks = ",".join([TEXT] * len(chunk))
                found |= dict(database.execute(f"SELECT filename, checktxt FROM file WHERE filename IN ({marks})", chunk))
        return {unquoted(name): unquoted(text) for name, text in found.items()}

    def all_versions(self):
        with self.database() as database:
            found = database.execute("SELECT filename, checktxt FROM file")
            return {unquoted(name): unquoted(text) for name, text in found}

    def all_paths(self):
        return self.texts("SELECT filename FROM file")

    def owed(self):
        """The paths that the peer is still to get from here."""
        return self.texts("SELECT filename FROM dirty")

    def texts(self, statement):
        with self.database() as database:
            return {unquoted(text) for (text,) in database.execute(statement)}

    def keep(self, folder):
        """Forgets whatever is not in the folder: what was in a former one nobody synchronizes any more."""
        with self.database() as database:
            for table in ["file", "dirty"]:
                database.execute(
                    f"DELETE FROM {table} WHERE filename != {TEXT} AND substr(filename, 1, length({TEXT})) != {TEXT}",
                    [stored(folder), *[stored(f"{folder}/")] * 2],
                )

    def note(self, versions, owed):
        """The versions by path, None for what is not there. What is not `owed` to the peer, another node sends it."""
        if not versions:
            return
        names = {stored(path): version and stored(version) for path, version in versions.items()}
        rows = [each for each in names.items() if each[1]]
        with self.database() as database:
            database.executemany(f"DELETE FROM file WHERE filename = {TEXT}", [(name,) for name in names])
            database.executemany(f"INSERT INTO file (filename, checktxt) VALUES ({TEXT}, {TEXT})", rows)
            database.executemany(f"DELETE FROM dirty WHERE filename = {TEXT}", [(name,) for name in names])
            if owed:
                self.insert_dirty(database, names)

    def settle(self, versions):
        """The peer has these versions by path. What has been noted meanwhile is owed all the same."""
        names = [(stored(path), version and stored(version)) for path, version in versions.items()]
        noted = f"(SELECT checktxt FROM file WHERE filename = {TEXT})"
        statement = f"DELETE FROM dirty WHERE filename = {TEXT} AND {noted} IS {TEXT}"
        with self.database() as database:
            database.executemany(statement, [(name, name, version) for name, version in names])

    def owe(self, paths):
        """Whatever is there when it is sent."""
        if not paths:
            return
        with self.database() as database:
            self.insert_dirty(database, [stored(path) for path in paths])

    def insert_dirty(self, database, names):
        statement = f"INSERT INTO dirty (filename, forced, myname, peername) VALUES ({TEXT}, 0, ?, ?)"
        database.executemany(statement, [(name, self.me, self.peer) for name in names])


def version_of(path):
    """As csync2 writes it down. Owners are not synchronized: their numbers differ from node to node."""
    try:
        status = os.lstat(path)
        target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
        return version_text(status.st_mode, status.st_mtime_ns // 10**9, status.st_size, target)
    except OSError as error:
        if error.errno not in GONE:
            raise
        return None


def version_text(mode, mtime, size, target):
    """None for what is not synchronized, or is not there: then there is no `mode`."""
    if mode is None:
        return None
    if stat.S_ISREG(mode):
        return f"v1:mtime={mtime}:mode={mode}:type=reg:size={size}"
    if stat.S_ISDIR(mode):
        return f"v1:mode={mode}:type=dir"
    if stat.S_ISLNK(mode):
        return f"v1:mode={mode}:type=lnk:target={encoded(target)}"
    return None


def flush(paths):
    """Writes files and folders to the disk; OSError when one of them cannot be."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(flush_one, paths))


def flush_one(path):
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # it has gone, or is a link
    try:
        os.fsync(file)
    finally:
        os.close(file)


def encoded(text):
    return "".join(f"%{ord(character):02X}" if character in ENCODED else character for character in text)


def stored(text):
    return encoded(text).encode("utf-8", "surrogateescape")


def unquoted(text):
    return unquote(text, errors="surrogateescape")


def chunks(items, size):
    return (items[at : at + size] for at in range(0, len(items), size))
