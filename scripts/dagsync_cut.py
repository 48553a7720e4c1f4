"""What a power cut has interrupted. Of a file that was still being written, or was not flushed to the disk yet, nobody can
tell whether it is whole: it is kept aside, and what the other nodes have comes back."""

import contextlib
import os
import re
import signal
import stat
import time

import dagsync_backup
from dagsync_notes import has_part_of_second
from dagsync_pair import version_of


class Running:
    """`record`: a file that is there while this service runs, so also after a power cut."""

    def __init__(self, record):
        self.record, self.began = record, False

    def begin(self):
        open(self.record, "w").close()
        self.began = True
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        self.end()
        os._exit(0)

    def end(self):
        """Also of a service that has failed: what is saved while it does not run is not to pass for interrupted. Of one that
        did not begin, the record of the one before stays."""
        if self.began:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.record)

    def interrupted(self, paths, pairs):
        """The files that were written before the power went, and whose contents no pair has noted, which comes after their
        flush. With another mode they may have been, or under a name that they had before."""
        boot = booted()
        if not os.path.exists(self.record) or os.stat(self.record).st_mtime >= boot:
            return []
        # A peer that was made anew is offered all.
        witnesses = [Witness(noted) for pair in pairs if (noted := pair.all_versions())]
        if not witnesses:
            return []
        return [path for path in paths if is_older_file(path, boot) and not is_vouched_for(path, witnesses)]


class Witness:
    """What one pair has noted, by path."""

    def __init__(self, noted):
        self.noted = {(path, contents_of(version)) for path, version in noted.items()}
        now = {path: contents_of(version_of(path)) for path in noted}
        self.moved = {contents for path, contents in self.noted if now[path] != contents and not is_empty(contents)}

    def has(self, path, contents):
        return (path, contents) in self.noted or contents in self.moved


def is_vouched_for(path, witnesses):
    """What one peer has sent is noted for it alone; what was saved here for all. Half of that csync2 notes too, for the peer
    that sends another version just then."""
    enough = all if has_part_of_second(path) else any
    contents = contents_of(version_of(path))
    return enough(witness.has(path, contents) for witness in witnesses)


def contents_of(version):
    return re.sub(":mode=[0-9]+", "", version or "")


def is_empty(contents):
    """All that were made in one second look alike, and what was not flushed is empty after a power cut."""
    return contents.endswith(":size=0")


def is_older_file(path, moment):
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_ctime < moment


def booted():
    """When process 1 began: a container may be younger than its kernel."""
    with open("/proc/1/stat") as file:
        began = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - began)


def put_by(paths, backup, pairs):
    """Takes them out of the folder, which is no deletion: the peers may send what they have. That is noted first: of one that
    has gone and is noted still, the deletion would be sent. One that was deleted before stays owed as that."""
    for pair in pairs:
        pair.note(dict.fromkeys(pair.versions(paths)), owed=False)
    for path in paths:
        try:
            kept = dagsync_backup.move(path, backup)
        except FileNotFoundError:
            continue
        print(f"{path}: the power went before it was saved; it is kept as {kept}, and what the others have comes back", flush=True)
