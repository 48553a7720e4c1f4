"""One peer of a synchronized folder: is sent what it is owed. What it does not take, because it was changed there too or is
large, csync2 sends. What that cannot send either stays noted in csync2's database and is tried again."""

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

import dagsync_batch
from dagsync_changes import Place
from dagsync_leases import Leases
from dagsync_pair import Pair, version_of
from dagsync_recovery import Recovery

# Seconds: between two attempts; to connect; for one transfer, whose finished files count even when it is ended; of a
# conflict that no side wins, longer than a transfer.
RETRY, CONNECTING, TRANSFER, TIE = 2, 2, 60, 70
# Seconds: between two comparisons of all; after which nobody is expected to send what is different any more.
COMPARE, NOBODY = 30, 300
# Paths for one transfer, during which the peer takes nothing from others: by csync2, and without it.
TRANSFERRED, BATCH = 50, 500
# Milliseconds after which a peer that acknowledges nothing is gone; and, in seconds, how that is found out while it is silent.
UNACKNOWLEDGED = 5000
KEEPALIVE = {socket.TCP_KEEPIDLE: 2, socket.TCP_KEEPINTVL: 1, socket.TCP_KEEPCNT: 3}
# What it says, with -v, of a file that stays to be sent; of one that this node had to send against the peer's version.
OF_IT = r" (.+) on \S+ \.\.\.\n(?:(?!Updating |Deleting ).*\n)*?"
STAYS = rf"^(?:Updating|Deleting){OF_IT}File stays in dirty state"
CONFLICT = rf"^Updating{OF_IT}(?:Do not auto-resolve|Auto-resolving) conflict: (Won|Lost)"
# Why a peer does not have everything; the last two also stand for the exit code of a process that had to be killed.
UNASKED = "whether what is there is younger cannot be asked"
SILENT, TOO_LONG, WRITTEN = "it does not answer", "it is slow, or silent", "files are being written"
# Its exit codes when the two databases are different, and when they are equal.
COMPARED = (0, 2)
# Attempts at one transfer, when files are opened for writing again and again.
INTERRUPTIONS = 5
# Seconds for which somebody who opens a file that is being sent has to wait.
POLL = 0.02


class Peer(threading.Thread):
    """`status` is told of every change in how many files the peer lacks, and since when, and of whether this node lacks
    some."""

    def __init__(self, name, address, settings, status):
        super().__init__(daemon=True, name=name)
        self.peer, self.address, self.status = name, address, status
        self.port, self.batch_port = int(settings["PORT"]), int(settings["BATCH_PORT"])
        self.folder, self.key = settings["DAGS"], settings["KEY"]
        self.place = Place(self.folder)
        state = os.path.join(settings["STATE"], address)
        self.environment = os.environ | {"CSYNC2_SYSTEM_DIR": os.path.join(settings["CONFIG"], address)}
        self.csync2 = ["csync2", "-D", state, "-B"]
        self.ran([*self.csync2, "-M"])  # makes the database where there is none
        self.pair = Pair(name, state)
        self.recovery = Recovery([], {address: set()})
        self.others = []  # the other peers, which get the winner of a conflict with this one too
        self.condition = threading.Condition()
        self.news = False
        self.behind = None  # files, at the last attempt; None before the first
        self.since = None
        self.tied = {}  # since when, by path
        self.compared = time.monotonic()
        self.different = {}  # version and since when, by path
        self.contested = set()  # what is different and owed by nobody; what the peer has may be younger
        self.said = None

    def wake(self):
        """There may be something to send."""
        with self.condition:
            self.news = True
            self.condition.notify()

    def run(self):
        while True:
            with self.condition:
                again = self.behind != 0 or self.wanted or self.recovery.here(self.address)
                self.condition.wait_for(lambda: self.news, RETRY if again else COMPARE)
                self.news = False
            self.send()
            if time.monotonic() - self.compared >= COMPARE:
                self.compare(time.monotonic())

    def unready(self):
        """Why csync2 cannot send anything just now, or None."""
        return self.place.moved() or (None if self.answers() else SILENT)

    def answers(self):
        try:
            socket.create_connection((self.address, self.port), CONNECTING).close()
            return True
        except OSError:
            return False

    def send(self):
        """Each path once: one that the peer cannot take does not keep the others here. What is new meanwhile comes along."""
        failed, looked_at, taken, tried, lost = None, set(), set(), set(), []
        while True:
            if reason := self.send_batches(looked_at, taken):
                failed = reason
                break
            # What has been taken and is owed again is new: that wakes this thread.
            if not (chunk := in_order(self.pair.owed() - tried - taken)[:TRANSFERRED]):
                failed = failed or (UNASKED if self.contested else None)
                break
            if reason := self.unready():
                failed = reason
                break
            said = self.send_whole(chunk, lost)
            failed = said or failed
            if said == TOO_LONG:
                # csync2 sends in the same order: the first that is left was the slow one.
                owed = self.pair.owed()
                chunk = [path for path in chunk if path in owed][:1]
            tried.update(chunk)
        self.break_ties(lost)
        self.count(failed)

    def send_batches(self, looked_at, taken):
        """All that is whole, and not changed there too; adds to both sets. Gives why nothing can be sent just now, or None."""
        self.contested |= self.to_offer()
        while (chunk := in_order((self.pair.owed() | self.contested) - looked_at)[:BATCH]) or self.wanted:
            try:
                entries, took = self.send_batch(chunk)
                looked_at.update(entries)
                taken.update(took)
            except (ConnectionError, EOFError, ValueError):
                return None  # its dag-sync does not run, or is another one; csync2 may answer
            except TimeoutError:
                return TOO_LONG if self.answers() else SILENT
            except OSError as error:
                return str(error)
        return None

    @property
    def wanted(self):
        """What a power cut has interrupted here, and this peer is to send."""
        return self.recovery.to_ask(self.address)

    def to_offer(self):
        """What is not owed anyhow: that the peer takes even if it has a younger version. What is large the comparison finds."""
        if not (offers := self.recovery.to_offer(self.address)):
            return offers  # as nearly always: the database is not read for that
        offers -= self.pair.owed()
        large = {path for path in offers if dagsync_batch.is_large(path)}
        self.recovery.settled(self.address, large)
        return offers - large

    def send_batch(self, paths):
        """As many as go into one message; gives those that were looked at, and of them those that the peer has now."""
        before = {path: identity(path) for path in paths}
        read = dagsync_batch.entries_of(self.folder, paths)
        entries = {path: entry for path, entry in read.items() if entry}
        wanted = set(sorted(self.wanted)[:BATCH])
        if not entries and not wanted:
            return read, []
        if reason := self.place.moved():
            raise OSError(reason)
        with socket.create_connection((self.address, self.batch_port), CONNECTING) as connection:
            connection.settimeout(TRANSFER)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
            for option, value in KEEPALIVE.items():
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
            # However little it answers at a time.
            end = threading.Timer(TRANSFER, dagsync_batch.hang_up, [connection])
            end.start()
            contested = {entries[path].path for path in self.contested & entries.keys()}
            try:
                names = [os.path.relpath(path, self.folder) for path in wanted]
                said = set(dagsync_batch.send(connection, self.key, entries.values(), contested, names))
            finally:
                end.cancel()
        taken = {path: entry.version for path, entry in entries.items() if entry.path in said}
        self.pair.settle(taken)
        # The peer owes what is younger there; csync2 decides.
        answered = self.contested & entries.keys()
        self.pair.owe(answered - taken.keys())
        self.contested -= answered
        self.recovery.settled(self.address, answered)
        self.recovery.asked(self.address, wanted)
        if changed := [path for path in taken if identity(path) != before[path]]:
            # A change that the version does not show may have been noted before that.
            self.pair.owe(changed)
            self.wake()
        return read, taken

    def send_whole(self, paths, lost):
        """Those that nobody writes: what somebody opens meanwhile is not sent now, but when it is closed. Gives why the peer
        does not have all of them; `lost` gets those whose version there is younger, or as old."""
        for _ in range(INTERRUPTIONS):
            with Leases(paths) as leases:
                if not leases.whole:
                    break
                before = [identity(path) for path in leases.whole]
                ran = self.ran([*self.csync2, "-v", "-u", "-P", self.peer, *leases.whole], leases)
            # csync2 forgets the debt of what it has sent, also of what another file has taken the place of meanwhile.
            self.pair.owe([path for path, was in zip(leases.whole, before) if identity(path) != was])
            conflicts = re.findall(CONFLICT, ran.stdout, re.MULTILINE)
            won = [path for path, end in conflicts if end == "Won"]
            for path in won:
                # Whoever's version it was can find it again.
                print(f"{path}: changed here and on {self.peer}; this one is sent, what was there is kept there", flush=True)
            self.send_others(won)
            if ran.returncode == 0:
                return None if len(leases.whole) == len(paths) else WRITTEN
            lost += [path for path, end in conflicts if end == "Lost"]
            if ran.returncode != WRITTEN:
                return ran.returncode if ran.returncode == TOO_LONG else refusal(ran.stdout)
        return WRITTEN

    def send_others(self, won):
        """What has lost may have come to them after what has won."""
        for other in self.others if won else []:
            other.pair.owe(won)
            other.wake()

    def break_ties(self, lost):
        """The younger version wins, when its node sends it. Of two that were saved in the same second neither does: then
        that of the node that comes first in the alphabet is taken, and csync2 keeps the other one."""
        now = time.monotonic()
        self.tied = {path: self.tied.get(path, now) for path in lost}
        ties = [path for path, since in self.tied.items() if now - since > TIE][:TRANSFERRED]
        if ties and socket.gethostname() < self.peer:
            print(f"{self.peer} gets this node's version of what both changed in the same second: {' '.join(ties)}", flush=True)
            # It wins at the next attempt.
            self.ran([*self.csync2, "-f", *ties])
            self.send_others(ties)
            for path in ties:
                del self.tied[path]

    def compare(self, now):
        """What stays different nobody is about to send: its node is gone for good. Then what is here is sent; of what is only
        there the peer thinks likewise. Until then this node lacks it."""
        self.compared = now
        lacking = self.lacking()
        if lacking is None:
            return
        versions = {path: version_of(path) for path in lacking}
        before = self.different
        same = {path for path, version in versions.items() if path in before and before[path][0] == version}
        self.different = {path: before[path] if path in same else (version, now) for path, version in versions.items()}
        self.status.lacks(self.peer, bool(same))
        stays = {path for path, (version, since) in self.different.items() if version and now - since >= NOBODY}
        if new := sorted(stays - self.contested):
            print(f"{self.peer} gets what differs there, since nobody else has sent it: {' '.join(new)}", flush=True)
            self.wake()
        # Not owed yet: that would outlive this process, and the next one would not ask.
        self.contested = stays

    def is_level(self):
        return self.lacking() == set()

    def lacking(self):
        """Paths that are not here as they are there: different (X), there only (R), or here only (L), which were deleted
        there. Without those that this node is to send, and none when the peer is silent; None when that is not known."""
        if not self.answers():
            return set()
        ran = self.ran([*self.csync2, "-T", self.pair.me, self.peer])
        if ran.returncode not in COMPARED:
            return None
        return set(re.findall(rf"^[LRX]\t{self.pair.me}\t{self.peer}\t(.+)$", ran.stdout, re.MULTILINE)) - self.pair.owed()

    def count(self, reason):
        """How many files it lacks, and why. What is over at the next attempt is not worth a word."""
        again = bool(self.behind) or reason is None
        self.behind = 0 if reason is None else max(1, len(self.pair.owed()))
        self.since = (self.since or time.time()) if self.behind else None
        self.status.set(self.peer, self.behind, self.since)
        if again:
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


def identity(path):
    """Another one when another file has taken its place."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode


def in_order(paths):
    """What is in a folder goes before it, and comes after it."""
    gone = {path for path in paths if not os.path.lexists(path)}
    return [*sorted(gone, reverse=True), *sorted(paths - gone)]


def refusal(text):
    """Why csync2 has failed: its own last line says how often."""
    if stays := re.findall(STAYS, text, re.MULTILINE):
        return f"it does not take {' '.join(stays[:3])}{' and others' if len(stays) > 3 else ''}"
    return (text.strip().splitlines() or ["csync2 has failed"])[-1]
