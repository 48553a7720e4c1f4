"""Who sends what has changed: the node on which it was changed, and no other one. What a node has received it does not pass
on: that would bring back what somebody deletes meanwhile."""

import contextlib
import fcntl
import os
import stat

from dagsync_pair import chunks, flush, version_of

# Paths for which the lock is held once.
CHUNK = 500


class Notes:
    """`lock`: the file that each receiving side holds a lock on while it changes something."""

    def __init__(self, pairs, lock):
        self.pairs, self.lock = pairs, lock

    def begin(self, paths):
        """A peer of which nothing is known is offered all that is here."""
        with self.nobody_sends():
            if new := [pair for pair in self.pairs if not pair.all_paths()]:
                versions = {path: version for path in paths if (version := version_of(path))}
                for pair in new:
                    pair.note(versions, owed=True)

    def known(self):
        return set().union(*(pair.all_paths() for pair in self.pairs))

    def take(self, changes):
        for chunk in chunks(changes, CHUNK):
            flushed = {change.path: version_of(change.path) for change in chunk}
            flush_files(flushed, flushed)
            with self.nobody_sends():
                self.note(chunk, flushed)

    @contextlib.contextmanager
    def nobody_sends(self):
        """In the middle of a transfer, what is received would pass for changed here."""
        with open(self.lock, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def note(self, changes, flushed):
        now = {change.path: version_of(change.path) for change in changes}
        hidden = {change.path for change in changes if change.hidden}
        noted = [(pair, pair.versions(now), pair.owed()) for pair in self.pairs]
        received = {change.path for change in changes if is_received(change, now[change.path], noted)}
        behinds = [{path for path in now if versions.get(path) != now[path]} for _, versions, _ in noted]
        # As old and as long as what a peer has just sent, and another one all the same.
        saved = {path for path in received if has_part_of_second(path)}
        hidden, received = hidden | saved, received - saved
        flush_files([path for path in now if now[path] != flushed[path]], now)
        for pair, behind in zip(self.pairs, behinds):
            pair.note({path: now[path] for path in behind & received}, owed=False)
            pair.note({path: now[path] for path in (behind | hidden) - received}, owed=True)


def flush_files(paths, versions):
    """Before they are noted, which is flushed too: what a power cut leaves empty would pass for a file that was emptied."""
    with contextlib.suppress(OSError):  # it counts as saved all the same
        flush([path for path in paths if versions[path] and ":type=reg:" in versions[path]])


def has_part_of_second(path):
    """Who receives a file sets its time, to a whole second."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns % 10**9 != 0


def is_received(change, version, noted):
    """Whether a peer has sent it: then csync2 has written it down for the pair with that peer, and only for that one."""
    if version is None and change.new:
        return False  # it came and was deleted here at once
    same = [change.path not in owed for _, versions, owed in noted if versions.get(change.path) == version]
    return any(same) and len(same) < len(noted)
