"""One peer of a synchronized folder: has csync2 send what it is owed. What the peer does not take stays noted in csync2's
database and is tried again."""

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

from dagsync_leases import Leases
from dagsync_pair import Pair, chunks, version_of

# Seconds: between two attempts; to connect; for one transfer, whose finished files count even when it is ended; of a
# conflict that no side wins, longer than a transfer; between two comparisons of all.
RETRY, CONNECTING, TRANSFER, TIE, COMPARE = 2, 2, 60, 70, 300
# Paths for one transfer, during which the peer takes nothing from others.
TRANSFERRED = 50
# What it says, with -v, of a file that this node had to send against the peer's own version.
CONFLICT = r"^Updating (.+) on \S+ \.\.\.\n(?:(?!Updating |Deleting ).*\n)*?(?:Do not auto-resolve|Auto-resolving) conflict: (Won|Lost)"
# Why a peer does not have everything; the last two also stand for the exit code of a process that had to be killed.
SILENT, TOO_LONG, WRITTEN = "it does not answer", "it is slow, or silent", "files are being written"
# Attempts at one transfer, when files are opened for writing again and again.
INTERRUPTIONS = 5
# Seconds for which somebody who opens a file that is being sent has to wait.
POLL = 0.02


class Peer(threading.Thread):
    """`told(name, behind, since)` hears of every change in how many files the peer lacks, and since when."""

    def __init__(self, name, address, settings, told):
        super().__init__(daemon=True, name=name)
        self.peer, self.address, self.on_change = name, address, told
        self.port = int(settings["PORT"])
        state = os.path.join(settings["STATE"], address)
        self.environment = os.environ | {"CSYNC2_SYSTEM_DIR": os.path.join(settings["CONFIG"], address)}
        self.csync2 = ["csync2", "-D", state, "-B"]
        self.ran([*self.csync2, "-M"])  # makes the database where there is none
        self.pair = Pair(name, state)
        self.condition = threading.Condition()
        self.news = False
        self.behind = None  # files, at the last attempt; None before the first
        self.since = None
        self.tied = {}  # since when, by path
        self.compared, self.different = time.monotonic(), {}
        self.said = None

    def wake(self):
        """There may be something to send."""
        with self.condition:
            self.news = True
            self.condition.notify()

    def run(self):
        while True:
            with self.condition:
                self.condition.wait_for(lambda: self.news, RETRY if self.behind != 0 else COMPARE)
                self.news = False
            self.serve()

    def serve(self):
        self.send()
        if self.behind == 0 and time.monotonic() - self.compared > COMPARE:
            self.compare()

    def answers(self):
        try:
            socket.create_connection((self.address, self.port), CONNECTING).close()
            return True
        except OSError:
            return False

    def send(self):
        """One file that it cannot take does not keep the others here."""
        failed = None
        for chunk in chunks(in_order(self.pair.owed()), TRANSFERRED):
            said = self.send_whole(chunk) if self.answers() else SILENT
            failed = said or failed
            if said in (SILENT, TOO_LONG):
                break
        if not failed:
            self.tied = {}
        self.count(failed)

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
            self.ran([*self.csync2, "-f", *ties])
            self.ran([*self.csync2, "-u", "-P", self.peer, *ties])
            self.tied = {}

    def compare(self):
        """What is different here and there, and was so at the last comparison, nobody is about to send: its node is gone
        for good. Then what is here is sent. Of what is only there the peer thinks likewise."""
        self.compared = time.monotonic()
        different = {path: version for path in self.differences("LX") if (version := version_of(path))}
        stays = dict(different.items() & self.different.items())
        self.different = different
        if stays:
            print(f"{self.peer} gets what differs there, since nobody else has sent it: {' '.join(sorted(stays))}", flush=True)
            self.pair.note(stays, owed=True)
            self.wake()

    def is_level(self):
        """Whether this node has all that the peer has, unless the peer is silent."""
        return not self.answers() or self.differences("LRX") <= self.pair.owed()

    def differences(self, kinds):
        """Paths that are here only (L), there only (R) or different (X), by both databases."""
        said = self.ran([*self.csync2, "-T", self.pair.me, self.peer]).stdout
        return set(re.findall(rf"^[{kinds}]\t{self.pair.me}\t{self.peer}\t(.+)$", said, re.MULTILINE))

    def count(self, reason):
        """How many files it lacks, and why."""
        self.behind = 0 if reason is None else max(1, len(self.pair.owed()))
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


def in_order(paths):
    """What is in a folder goes before it, and comes after it."""
    gone = {path for path in paths if not os.path.lexists(path)}
    return [*sorted(gone, reverse=True), *sorted(paths - gone)]


def last_line(text):
    return (text.strip().splitlines() or ["csync2 has failed"])[-1]
