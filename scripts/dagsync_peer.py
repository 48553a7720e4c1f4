"""One peer of a synchronized folder: has csync2 note what has changed, and send it. What the peer does not take stays
noted in csync2's database and is tried again."""

import os
import re
import socket
import sqlite3
import subprocess
import threading
import time

# Seconds: between two attempts; to connect; for one transfer, whose finished files count even when it is ended; that a
# look waits for a transfer from the peer, which may have died; of a conflict that no side wins.
RETRY, CONNECTING, TRANSFER, LOCK, TIE = 2, 2, 60, 3, 20
# Paths for one call of csync2.
CHUNK = 500
# What it says, with -v, of a file that this node had to send against the peer's own version.
CONFLICT = r"^Updating (\S+) on .*\n(?:(?!Updating |Deleting ).*\n)*?Auto-resolving conflict: Won"


class Peer(threading.Thread):
    """`told(name, behind, since)` hears of every change in how many files the peer lacks, and since when."""

    def __init__(self, name, address, settings, told):
        super().__init__(daemon=True, name=name)
        self.peer, self.address, self.on_change = name, address, told
        self.port, self.folder = int(settings["PORT"]), settings["DAGS"]
        state, config = settings["STATE"], settings["CONFIG"]
        self.state = os.path.join(state, address)
        self.environment = os.environ | {"CSYNC2_SYSTEM_DIR": os.path.join(config, address)}
        self.csync2 = ["csync2", "-D", self.state, "-B"]
        self.condition = threading.Condition()
        self.news = []
        self.everything = True  # nobody knows what has changed before the start
        self.behind = 0  # files, at the last attempt
        self.since = None
        self.tied = None
        self.said = None

    def tell(self, changes):
        with self.condition:
            self.news += changes
            self.condition.notify()

    def run(self):
        # One flush to the disk for each of csync2's transactions instead of four.
        with sqlite3.connect(os.path.join(self.state, f"{socket.gethostname()}.db3")) as database:
            database.execute("PRAGMA journal_mode = WAL")
        database.close()
        while True:
            self.serve(*self.take())

    def take(self):
        with self.condition:
            self.condition.wait_for(lambda: self.news or self.everything, RETRY if self.behind else None)
            taken = self.news, self.everything
            self.news, self.everything = [], False
            return taken

    def serve(self, changes, everything):
        noted = self.look(["-cr"], [self.folder]) if everything else self.note(changes)
        if not noted:
            with self.condition:
                self.news, self.everything = changes + self.news, self.everything or everything
            self.count("a transfer from there goes on")
            return
        if self.behind and not self.answers():
            self.count("it does not answer")
            return
        self.send()

    def note(self, changes):
        hidden = [change.path for change in changes if change.hidden]
        trees = [change.path for change in changes if change.tree]
        others = [change.path for change in changes if not change.hidden and not change.tree]
        return self.look(["-m"], hidden) and self.look(["-cr"], trees) and self.look(["-c"], others)

    def look(self, options, paths):
        """A file that csync2 is receiving from this peer would pass for changed here."""
        lock = ["flock", "--no-fork", "--timeout", str(LOCK), os.path.join(self.state, "receiving")]
        chunks = (paths[at : at + CHUNK] for at in range(0, len(paths), CHUNK))
        return all(self.ran([*lock, *self.csync2, *options, *chunk]).returncode == 0 for chunk in chunks)

    def answers(self):
        try:
            socket.create_connection((self.address, self.port), CONNECTING).close()
            return True
        except OSError:
            return False

    def send(self):
        try:
            ran = self.ran([*self.csync2, "-v", "-u", "-P", self.peer], TRANSFER)
        except subprocess.TimeoutExpired:
            self.count("it is slow, or silent")
            return
        self.report(ran.stdout)
        if ran.returncode == 0:
            self.tied = None
            self.count(None)
            return
        if "Lost 'younger/older' test" in ran.stdout:
            self.settle()
        self.count(last_line(ran.stdout))

    def report(self, output):
        """Whoever's version was overwritten by this node's can find it again."""
        for path in re.findall(CONFLICT, output, re.MULTILINE):
            print(f"{path}: changed here and on {self.peer}; this one is younger. The other is kept there", flush=True)

    def settle(self):
        """The younger version wins, when its node sends it. Of two that were saved in the same second neither does: then
        that of the node that comes first in the alphabet is taken, and csync2 keeps the other one."""
        self.tied = self.tied or time.monotonic()
        if time.monotonic() - self.tied < TIE or socket.gethostname() > self.peer:
            return
        owed = self.owed()
        print(f"{self.peer} gets this node's version of what both have changed in the same second: {' '.join(owed)}", flush=True)
        self.look(["-f"], owed)
        self.ran([*self.csync2, "-u", "-P", self.peer], TRANSFER)
        self.tied = None

    def owed(self):
        """The files that the peer lacks. A line of csync2's list is: "force" or "chary", this node, peer, file."""
        lines = self.ran([*self.csync2, "-M"]).stdout.splitlines()
        return [parts[3] for line in lines if len(parts := line.split("\t", 3)) == 4]

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

    def ran(self, command, seconds=None):
        return subprocess.run(
            command,
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=seconds,
        )


def last_line(text):
    return (text.strip().splitlines() or ["csync2 has failed"])[-1]
