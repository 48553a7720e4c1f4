"""What a power cut has interrupted. Of a file that was still being written, or was not flushed to the disk yet, nobody can
tell whether it is whole: it is kept aside, and what the other nodes have comes back."""

import contextlib
import os
import shutil
import signal
import stat
import time

from dagsync_pair import version_of

# Seconds for which somebody may have written nothing to a file that he still writes.
STALLED = 300


class Running:
    """`record`: a file that is there while this service runs, so also after a power cut. Its time is that of the last change
    that was noted, which is flushed first."""

    def __init__(self, record):
        self.record = record

    def begin(self):
        self.noted()
        signal.signal(signal.SIGTERM, self.end)

    def noted(self):
        with open(self.record, "a"):
            os.utime(self.record)

    def end(self, *_):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.record)
        os._exit(0)

    def interrupted(self, paths, pairs):
        """The files that were written before the power went, and are as no pair has noted them."""
        try:
            last, boot = os.stat(self.record).st_mtime - STALLED, booted()
        except FileNotFoundError:
            return []
        recent = [path for path in paths if is_between(path, last, boot)]
        noted = [pair.versions(recent) for pair in pairs]
        return [path for path in recent if version_of(path) not in [versions.get(path) for versions in noted]]


def is_between(path, last, boot):
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime >= last and status.st_ctime < boot


def booted():
    """When process 1 began: a container may be younger than its kernel."""
    with open("/proc/1/stat") as file:
        began = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - began)


def put_by(paths, backup, pairs):
    """Takes them out of the folder, which is no deletion: the peers may send what they have."""
    for path in paths:
        kept = f"{backup}{path}.{int(os.lstat(path).st_mtime)}"
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        shutil.move(path, kept)
        print(f"{path}: the power went before it was saved; it is kept as {kept}, and what the others have comes back", flush=True)
    for pair in pairs:
        pair.note(dict.fromkeys(paths), owed=False)
