"""Several paths with what is in them, as one message from node to node. Whoever is sent it answers which it has taken.

A line of JSON says the key of all nodes and, for each path, its mode, and of a file the time and the size, of a link the
target; of what has been deleted nothing; which of them are contested, so that a younger version there stays; and which
others the sender wants to be sent. The contents follow, one after the other. The answer is a line of JSON."""

import contextlib
import errno
import json
import os
import socket
import stat
from dataclasses import asdict, dataclass

from dagsync_leases import Leases
from dagsync_pair import version_text

# Bytes: of the contents in one message; of its first line.
CONTENTS, LINE = 16 * 2**20, 4 * 2**20


@dataclass
class Entry:
    """`path` is relative to the folder; `mtime` is in whole seconds, as csync2 has it."""

    path: str
    mode: int | None = None
    mtime: int = 0
    size: int = 0
    target: str | None = None
    contents: bytes = b""

    @property
    def is_file(self):
        return self.mode is not None and stat.S_ISREG(self.mode)

    @property
    def version(self):
        return version_text(self.mode, self.mtime, self.size, self.target)


def entry_of(folder, path):
    """None for what is no entry: somebody writes it just now, or it is too large."""
    name = os.path.relpath(path, folder)
    with Leases([path]) as lease:
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return Entry(name)
        if stat.S_ISLNK(status.st_mode):
            return Entry(name, status.st_mode, target=os.readlink(path))
        if stat.S_ISDIR(status.st_mode):
            return Entry(name, status.st_mode)
        if not lease.files or status.st_size > CONTENTS:
            return None
        with open(lease.files[0], "rb", closefd=False) as file:
            status, contents = os.fstat(file.fileno()), file.read(CONTENTS + 1)
        if lease.asked_for() or len(contents) != status.st_size:
            return None
        return Entry(name, status.st_mode, status.st_mtime_ns // 10**9, len(contents), contents=contents)


def is_large(path):
    """Whether no message has room for it."""
    with contextlib.suppress(OSError):
        return os.lstat(path).st_size > CONTENTS
    return False


def entries_of(folder, paths):
    """By path, None for what is no entry; as many as go into one message."""
    entries, size = {}, 0
    for path in paths:
        entry = None
        with contextlib.suppress(OSError):
            entry = entry_of(folder, path)
        size += entry.size if entry else 0
        if size > CONTENTS:
            break
        entries[path] = entry
    return entries


def send(connection, key, entries, contested=(), wanted=()):
    """Gives the entries' paths that the other side has taken; OSError when it has no room for them, ValueError when what
    it says is no answer."""
    said = [{name: value for name, value in asdict(entry).items() if name != "contents"} for entry in entries]
    line = json.dumps({"key": key, "entries": said, "contested": sorted(contested), "wanted": sorted(wanted)}) + "\n"
    with connection.makefile("rwb") as stream:
        stream.write(line.encode())
        for entry in entries:
            stream.write(entry.contents)
        stream.flush()
        taken = json.loads(read_line(stream))
    if taken is None:
        raise OSError(errno.ENOSPC, "its disk is full")
    if not isinstance(taken, list) or not all(isinstance(path, str) for path in taken):
        raise ValueError("the answer is no list of paths")
    return taken


def receive(stream, key_is_right):
    """The entries, the paths of those that are contested, and those that are wanted. ValueError: it is no such message;
    EOFError: it is not whole."""
    said = json.loads(read_line(stream))
    if not key_is_right(said["key"]):
        raise ValueError("the key is another one")
    entries = [Entry(**each) for each in said["entries"]]
    if sum(entry.size for entry in entries) > CONTENTS or any(entry.size < 0 for entry in entries):
        raise ValueError("it is too large")
    for entry in entries:
        entry.contents = stream.read(entry.size) if entry.is_file else b""
        if len(entry.contents) != (entry.size if entry.is_file else 0):
            raise EOFError("the sender has hung up")
    return entries, set(said.get("contested", [])), said.get("wanted", [])


def answer(connection, paths):
    """None says that there is no room."""
    connection.sendall(json.dumps(paths).encode() + b"\n")


def hang_up(connection):
    """Whoever reads from it, or writes to it, does not wait any more."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def read_line(stream):
    line = stream.readline(LINE)
    if not line.endswith(b"\n"):
        raise EOFError("the other side has hung up")
    return line
