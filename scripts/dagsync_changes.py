"""What has changed in a folder: paths that are whole, not those that somebody still writes."""

import contextlib
import fnmatch
import os
import pwd
import select
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass

from dagsync_leases import GONE, is_written

# Seconds: quiet time after which a burst of events is over, and its longest time; until a file that is open for writing is
# looked at again; between two walks through the folder, for events that were missed.
QUIET, BURST, OPEN, SWEEP = 0.03, 0.3, 0.2, 30
# Until files that were there before the watch on their new folder are looked for; between two looks at whether the folder
# is still the same one.
NEW_FOLDER, LOOK = 1, 1

EVENTS = "close_write,create,delete,move,attrib"


@dataclass(frozen=True)
class Change:
    path: str
    # csync2 tells versions apart by size, mode and whole seconds: of this one it would not notice that it is another one.
    hidden: bool = False
    # Nobody has seen it there before.
    new: bool = False


@dataclass
class Due:
    """A path that is to be looked at."""

    when: float
    tree: bool = False


@dataclass(frozen=True)
class Version:
    mtime_ns: int
    size: int
    mode: int

    def differs_unseen(self, other):
        """Of what csync2 has received it has set the time itself, to a whole second."""
        return self != other and self.coarse() == other.coarse() and self.mtime_ns % 10**9 != 0

    def coarse(self):
        return self.mtime_ns // 10**9, self.size, self.mode


class Changes:
    """`local`: name patterns of what stays on this node. Whatever changes belongs to `owner` afterwards."""

    def __init__(self, folder, owner, local):
        if not os.path.isdir(folder):
            raise SystemExit(f"{folder} is not there: that would be taken for a deletion of all that was in it")
        self.folder, self.local = folder, local
        self.place = Place(folder)
        account = pwd.getpwnam(owner)
        self.uid, self.gid = account.pw_uid, account.pw_gid
        command = ["inotifywait", "--monitor", "--quiet", "--recursive", "--format", "%e:%w%f%0"]
        self.watch = subprocess.Popen([*command, "--event", EVENTS, folder], stdout=subprocess.PIPE)
        self.rest = b""
        self.due = {}  # by path
        self.seen, self.known = {}, set()
        self.swept = time.monotonic()

    def begin(self, known):
        """All that is there, and all that is known to have been there, is looked at once."""
        self.seen, self.known = {}, known
        self.due = dict.fromkeys([*known, *self.walk()], Due(self.swept))

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
        first = min([self.swept + SWEEP, now + LOOK, *(due.when for due in self.due.values())])
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
        path = path.rstrip("/")  # which is there when a folder tells of itself
        if path == self.folder or self.is_local(path):
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
        changes = [change for path in ready if (change := self.change(path, self.due.pop(path), now))]
        if reason := self.place.moved():
            raise OSError(reason)
        return changes

    def change(self, key, due, now):
        path = key.removesuffix("/.")
        before, version = self.seen.get(path), self.version(path)
        if due.tree:
            # What was in a folder that has gone has gone with it.
            for below in {*self.walk(path), *self.below(path)}:
                self.due.setdefault(below, Due(now))
        if version and version == before:
            return None
        self.own(path)
        if version and stat.S_ISREG(version.mode) and is_written(path):
            self.due[key] = Due(now + OPEN, due.tree)
            return None
        if version:
            self.seen[path] = version
        else:
            self.seen.pop(path, None)
            if (above := os.path.dirname(path)) != self.folder:
                drop_cache(above)
        hidden = bool(before and version and version.differs_unseen(before))
        return Change(path, hidden, new=before is None and path not in self.known)

    def below(self, path):
        return [each for each in self.seen if each.startswith(path + "/")]

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
        except OSError as error:
            if error.errno not in GONE:
                raise
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


class Place:
    """Of the folder that is there now. Another one there, as after an unmount, would pass for a deletion of all."""

    def __init__(self, folder):
        self.folder, self.first = folder, identity_of(folder)

    def moved(self):
        """What is wrong, or None."""
        if identity_of(self.folder) == self.first:
            return None
        return f"{self.folder} is another folder now: its volume has gone, or has come"


def identity_of(folder):
    """None when there is none."""
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def need_mount(folder, record, known):
    """Without its volume, or with a new one, all that was known to be in the folder would pass for deleted."""
    mount = mount_of(folder)
    if known and os.path.exists(record):
        with open(record) as file:
            before = file.read()
        if before != mount:
            raise SystemExit(
                f"{folder} was on what is mounted at {before}, and is on what is mounted at {mount}: whatever is not there"
                f" would be deleted on all nodes. Mount it again or, if that is meant, remove {record}"
            )
    # With what this process may, which is more than its user: the folder may be root's.
    if not os.access(folder, os.W_OK, effective_ids=True):
        # What was mounted when systemd made this process its view of the file systems has been unmounted since.
        raise SystemExit(f"{folder} cannot be written to")
    with open(record, "w") as file:
        file.write(mount)


def mount_of(folder):
    while not os.path.ismount(folder):
        folder = os.path.dirname(folder)
    return folder


def drop_cache(folder):
    """What Python has made for sources that have gone would keep their folder, when it was deleted on another node."""
    with contextlib.suppress(OSError):
        if os.listdir(folder) == ["__pycache__"]:
            shutil.rmtree(os.path.join(folder, "__pycache__"), ignore_errors=True)
