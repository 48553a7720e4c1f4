"""One peer of a synchronized folder: has csync2 note what has changed, and send it. What the peer does not take stays
noted in csync2's database and is tried again."""

import contextlib
import os
import re
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from urllib.parse import unquote

from dagsync_leases import Leases

# Seconds: between two attempts; to connect; for one transfer, whose finished files count even when it is ended; that a
# look waits for a transfer from the peer, which may have died; of a conflict that no side wins, longer than a transfer.
RETRY, CONNECTING, TRANSFER, LOCK, TIE = 2, 2, 60, 3, 70
# Paths for one look, and for one transfer, during which the peer takes nothing from others.
CHUNK, TRANSFERRED = 500, 50
# What it says, with -v, of a file that this node had to send against the peer's own version.
CONFLICT = r"^Updating (.+) on \S+ \.\.\.\n(?:(?!Updating |Deleting ).*\n)*?(?:Do not auto-resolve|Auto-resolving) conflict: (Won|Lost)"
# The characters that its database does not have as they are.
ENCODED = {chr(code) for code in (*range(1, 33), 127)} | set("\"'%$:|\\")
# flock's exit code when the lock is another one's.
LOCKED = 75
# In place of the exit code of a process that had to be killed.
TOO_LONG, WRITTEN = "it is slow, or silent", "files are being written"
# Attempts at one transfer, when files are opened for writing again and again.
INTERRUPTIONS = 5
# Seconds for which somebody who opens a file that is being sent has to wait.
POLL = 0.02


class Csync2Error(Exception):
    """Why nothing could be noted."""


class Peer(threading.Thread):
    """`told(name, behind, since)` hears of every change in how many files the peer lacks, and since when."""

    def __init__(self, name, address, settings, told):
        super().__init__(daemon=True, name=name)
        self.peer, self.address, self.on_change = name, address, told
        self.port, self.folder = int(settings["PORT"]), settings["DAGS"]
        state, config = settings["STATE"], settings["CONFIG"]
        self.state = os.path.join(state, address)
        self.environment = os.environ | {"CSYNC2_SYSTEM_DIR": os.path.join(config, address)}
        self.database = os.path.join(self.state, f"{socket.gethostname()}.db3")
        self.csync2 = ["csync2", "-D", self.state, "-B"]
        self.condition = threading.Condition()
        self.news = []
        self.everything = True  # nobody knows what has changed before the start
        self.behind = None  # files, at the last attempt; None before the first
        self.since = None
        self.tied = {}  # since when, by path
        self.said = None

    def tell(self, changes):
        with self.condition:
            self.news += changes
            self.condition.notify()

    def run(self):
        # One flush to the disk for each of csync2's transactions instead of four.
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            database.execute("PRAGMA journal_mode = WAL")
        while True:
            self.serve(*self.take())

    def take(self):
        with self.condition:
            self.condition.wait_for(lambda: self.news or self.everything, RETRY if self.behind != 0 else None)
            taken = self.news, self.everything
            self.news, self.everything = [], False
            return taken

    def serve(self, changes, everything):
        try:
            if everything:
                self.look(["-cr"], [self.folder])
            self.note(changes)
        except Csync2Error as error:
            with self.condition:
                self.news, self.everything = changes + self.news, self.everything or everything
            self.count(str(error))
            time.sleep(RETRY)
            return
        if self.answers():
            self.send()
        else:
            self.count("it does not answer")

    def note(self, changes):
        hidden = [change.path for change in changes if change.hidden]
        trees = [change.path for change in changes if change.tree]
        others = [change.path for change in changes if not change.hidden and not change.tree]
        self.look(["-m"], hidden)
        self.look(["-cr"], trees)
        self.look(["-c"], others)

    def look(self, options, paths):
        """A file that csync2 is receiving from this peer would pass for changed here."""
        lock = ["flock", "--no-fork", "--timeout", str(LOCK), "--conflict-exit-code", str(LOCKED)]
        lock.append(os.path.join(self.state, "receiving"))
        for chunk in chunks(paths, CHUNK):
            ran = self.ran([*lock, *self.csync2, *options, *chunk])
            if ran.returncode == LOCKED:
                raise Csync2Error("a transfer from there goes on")
            if ran.returncode != 0:
                raise Csync2Error(f"csync2 cannot look through {self.folder}: {last_line(ran.stdout)}")

    def answers(self):
        try:
            socket.create_connection((self.address, self.port), CONNECTING).close()
            return True
        except OSError:
            return False

    def send(self):
        for chunk in chunks(self.owed(), TRANSFERRED):
            reason = self.send_whole(chunk)
            if reason:
                self.count(reason)
                return
        self.tied = {}
        self.count(None)

    def send_whole(self, paths):
        """Those that nobody writes: what somebody opens meanwhile is not sent now, but when it is closed. Gives why the peer
        does not have all of them."""
        for _ in range(INTERRUPTIONS):
            with Leases(paths) as leases:
                if not leases.whole:
                    break
                ran = self.ran([*self.csync2, "-v", "-u", "-P", self.peer, *leases.whole], leases)
            conflicts = re.findall(CONFLICT, ran.stdout, re.MULTILINE)
            for path in [path for path, end in conflicts if end == "Won"]:
                # Whoever's version it was can find it again.
                print(f"{path}: changed here and on {self.peer}; this one is sent, what was there is kept there", flush=True)
            if ran.returncode == 0:
                return None if len(leases.whole) == len(paths) else WRITTEN
            if ran.returncode != WRITTEN:
                self.settle([path for path, end in conflicts if end == "Lost"])
                return ran.returncode if ran.returncode == TOO_LONG else last_line(ran.stdout)
        return WRITTEN

    def settle(self, lost):
        """The younger version wins, when its node sends it. Of two that were saved in the same second neither does: then
        that of the node that comes first in the alphabet is taken, and csync2 keeps the other one."""
        now = time.monotonic()
        self.tied = {path: self.tied.get(path, now) for path in lost}
        ties = [path for path, since in self.tied.items() if now - since > TIE]
        if ties and socket.gethostname() < self.peer:
            print(f"{self.peer} gets this node's version of what both changed in the same second: {' '.join(ties)}", flush=True)
            self.look(["-f"], ties)
            self.ran([*self.csync2, "-u", "-P", self.peer, *ties])
            self.tied = {}

    def owed(self):
        """The files that the peer lacks."""
        return sorted(unquote(name, errors="surrogateescape") for (name,) in self.query("SELECT filename FROM dirty"))

    def count(self, reason):
        """How many files it lacks, and why."""
        self.behind = 0 if reason is None else max(1, len(self.owed()))
        self.since = (self.since or time.time()) if self.behind else None
        self.on_change(self.peer, self.behind, self.since)
        self.say(f"not all changes are on {self.peer} yet: {reason}" if reason else None)

    def say(self, what):
        """Once, not at every attempt."""
        if what != self.said:
            print(what or f"{self.peer} is up to date again", flush=True)
        self.said = what

    def ran(self, command, leases=None):
        """With what it has said until it was killed: when it takes too long, or before somebody writes what it sends."""
        end = time.monotonic() + TRANSFER
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape") as output,
            subprocess.Popen(
                command, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output
            ) as process,
        ):
            killed = None
            while not killed and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(POLL)
                if leases and leases.asked_for():
                    killed = WRITTEN
                elif time.monotonic() > end:
                    killed = TOO_LONG
            if killed:
                process.kill()
                process.wait()
            output.seek(0)
            return subprocess.CompletedProcess(command, killed or process.returncode, output.read())

    def has_sent(self, path, version):
        """Whether this version of the file has come from the peer: csync2 has it in the pair's database."""
        rows = self.query("SELECT checktxt FROM file WHERE filename = ?", encoded(path))
        return any(f":mtime={version.mtime_ns // 10**9}:" in f"{unquote(text)}:" for (text,) in rows)

    def query(self, statement, *arguments):
        """Rows of csync2's database, which has no tables before its first look."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            database.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
            try:
                return database.execute(statement, arguments).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise


def chunks(paths, size):
    return (paths[at : at + size] for at in range(0, len(paths), size))


def encoded(path):
    """As csync2's database has it."""
    return "".join(f"%{ord(character):02X}" if character in ENCODED else character for character in path)


def last_line(text):
    return (text.strip().splitlines() or ["csync2 has failed"])[-1]
