"""What has changed in a folder: paths that are whole, not those that somebody still writes."""

import fnmatch
import os
import pwd
import select
import stat
import subprocess
import time
from dataclasses import dataclass

from dagsync_leases import is_written

# Seconds: quiet time after which a burst of events is over, and its longest time; until a file that is open for writing is
# looked at again; between two walks through the folder, for events that were missed.
QUIET, BURST, OPEN, SWEEP = 0.03, 0.3, 0.2, 30
# Until csync2 has written down what it has received; until that is passed on to the third node, which as a rule has it
# from the same sender by then.
RECEIVED, PASS_ON = 1, 2
# Until files that were there before the watch on their new folder are looked for.
NEW_FOLDER = 1

EVENTS = "close_write,create,delete,move,attrib"


@dataclass(frozen=True)
class Change:
    path: str
    # A folder has gone, with all that was in it.
    tree: bool = False
    # csync2 tells versions apart by size, mode and whole seconds: of this one it would not notice that it is another one.
    hidden: bool = False


@dataclass
class Due:
    """A path that is to be looked at."""

    when: float
    tree: bool = False
    # Seconds for which it has waited because it may have been received.
    waited: float = 0


@dataclass(frozen=True)
class Version:
    mtime_ns: int
    size: int
    mode: int

    def differs_unseen(self, other):
        return self != other and self.coarse() == other.coarse()

    def coarse(self):
        return self.mtime_ns // 10**9, self.size, self.mode

    def may_be_received(self):
        """csync2 sets the time of what it has received to a whole second."""
        return self.mtime_ns % 10**9 == 0


class Changes:
    """`local`: name patterns of what stays on this node. Whatever changes belongs to `owner` afterwards. `received(path,
    version)` says whether a peer has sent it."""

    def __init__(self, folder, owner, local, received):
        if not os.path.isdir(folder):
            raise SystemExit(f"{folder} is not there: that would be taken for a deletion of all that was in it")
        self.folder, self.local, self.received = folder, local, received
        account = pwd.getpwnam(owner)
        self.uid, self.gid = account.pw_uid, account.pw_gid
        command = ["inotifywait", "--monitor", "--quiet", "--recursive", "--format", "%e:%w%f%0"]
        self.watch = subprocess.Popen([*command, "--event", EVENTS, folder], stdout=subprocess.PIPE)
        self.rest = b""
        self.due = {}  # by path
        self.seen = {path: self.version(path) for path in self.walk()}
        self.swept = time.monotonic()

    def next(self):
        """The next changes; waits for them."""
        while True:
            self.read()
            if time.monotonic() - self.swept > SWEEP:
                self.sweep()
            if changes := self.take():
                return changes

    def read(self):
        """Takes what comes until nothing comes for a moment, or something is due."""
        now = time.monotonic()
        first = min([self.swept + SWEEP, *(due.when for due in self.due.values())])
        end = None
        patience = max(0, first - now)
        while select.select([self.watch.stdout], [], [], patience)[0]:
            text = os.read(self.watch.stdout.fileno(), 65536)
            if not text:
                raise OSError("inotifywait has ended")
            *whole, self.rest = (self.rest + text).split(b"\0\n")
            for event in whole:
                self.note(os.fsdecode(event))
            patience = QUIET
            end = end or time.monotonic() + BURST
            if time.monotonic() > end:
                return

    def note(self, event):
        kinds, _, path = event.partition(":")
        if self.is_local(path):
            return
        now = time.monotonic()
        tree = "ISDIR" in kinds and "ATTRIB" not in kinds
        self.due[path] = Due(now, tree or (path in self.due and self.due[path].tree))
        if tree and "DELETE" not in kinds:
            self.due.setdefault(path + "/.", Due(now + NEW_FOLDER, True))

    def is_local(self, path):
        """Whether one of the names below the folder says so. What begins with a dot does, but for one name."""
        names = path[len(self.folder) + 1 :].split("/")
        return any(
            name != ".airflowignore" and any(fnmatch.fnmatchcase(name, pattern) for pattern in self.local)
            for name in names
        )

    def take(self):
        """Of what is due, all that is whole and not as it was when it was taken last."""
        now = time.monotonic()
        ready = [path for path, due in self.due.items() if due.when <= now]
        return [change for path in ready if (change := self.change(path, self.due.pop(path), now))]

    def change(self, key, due, now):
        path = key.removesuffix("/.")
        before, version = self.seen.get(path), self.version(path)
        if due.tree and version:
            for below in self.walk(path):
                self.due.setdefault(below, Due(now))
        if version == before and not (due.tree and version is None):
            return None
        self.own(path)
        if version and stat.S_ISREG(version.mode):
            if is_written(path):
                self.due[key] = Due(now + OPEN, due.tree, due.waited)
                return None
            if wait := self.patience(path, version, due.waited):
                self.due[key] = Due(now + wait, due.tree, due.waited + wait)
                return None
        if version:
            self.seen[path] = version
        else:
            self.seen.pop(path, None)
            if due.tree:
                # All that was below has gone with the folder: what comes to the same place later is new.
                for below in [each for each in self.seen if each.startswith(path + "/")]:
                    del self.seen[below]
        hidden = bool(before and version and version.differs_unseen(before))
        return Change(path, due.tree and version is None, hidden)

    def patience(self, path, version, waited):
        """Seconds for which what was received, or may have been, is left alone."""
        if not version.may_be_received() or waited > RECEIVED:
            return 0
        if waited < RECEIVED:
            return RECEIVED
        return PASS_ON if self.received(path, version) else 0

    def sweep(self):
        self.swept = time.monotonic()
        for path in {*self.seen, *self.walk()}:
            self.own(path)
            if path not in self.due and self.version(path) != self.seen.get(path):
                self.due[path] = Due(self.swept)

    def walk(self, top=None):
        for folder, folders, files in os.walk(top or self.folder):
            folders[:] = [name for name in folders if not self.is_local(os.path.join(folder, name))]
            yield from (path for name in folders + files if not self.is_local(path := os.path.join(folder, name)))

    def version(self, path):
        try:
            status = os.lstat(path)
        except OSError:
            return None
        if stat.S_ISDIR(status.st_mode):
            return Version(0, 0, status.st_mode)
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            return None  # a pipe would have csync2 wait for ever
        return Version(status.st_mtime_ns, status.st_size, status.st_mode)

    def own(self, path):
        try:
            status = os.lstat(path)
            if (status.st_uid, status.st_gid) != (self.uid, self.gid):
                os.lchown(path, self.uid, self.gid)
        except OSError:
            pass  # it has gone meanwhile
