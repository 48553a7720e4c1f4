"""What a power cut has interrupted. Of a file that was still being written, or was not flushed to the disk yet, nobody can
tell whether it is whole: it is kept aside, and what the other nodes have comes back."""

import contextlib
import os
import re
import shutil
import signal
import stat
import time

from dagsync_backup import place_for
from dagsync_pair import version_of


class Running:
    """`record`: a file that is there while this service runs, so also after a power cut."""

    def __init__(self, record):
        self.record = record

    def begin(self):
        open(self.record, "w").close()
        signal.signal(signal.SIGTERM, self.end)

    def end(self, *_):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.record)
        os._exit(0)

    def interrupted(self, paths, pairs):
        """The files that were written before the power went, and whose contents no pair has noted, which comes after their
        flush. With another mode they may have been, or under a name that they had before."""
        boot = booted()
        if not os.path.exists(self.record) or os.stat(self.record).st_mtime >= boot:
            return []
        noted = {(path, contents_of(version)) for pair in pairs for path, version in pair.all_versions().items()}
        if not noted:
            return []  # all peers were made anew, and are offered all
        moved = {contents for path, contents in noted if contents_of(version_of(path)) != contents and not is_empty(contents)}
        suspects = [(path, contents_of(version_of(path))) for path in paths if is_older_file(path, boot)]
        return [path for path, contents in suspects if (path, contents) not in noted and contents not in moved]


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
    has gone and is noted still, the deletion would be sent."""
    for pair in pairs:
        pair.note(dict.fromkeys(paths), owed=False)
    for path in paths:
        try:
            shutil.move(path, kept := place_for(path, backup))
        except FileNotFoundError:
            continue
        print(f"{path}: the power went before it was saved; it is kept as {kept}, and what the others have comes back", flush=True)
