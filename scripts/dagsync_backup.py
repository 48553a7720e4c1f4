"""Where a version is kept that leaves the folder, and that no other node need have."""

import contextlib
import errno
import os
import shutil

from dagsync_pair import flush


# What OSError says when there is no room.
FULL = {errno.ENOSPC, errno.EDQUOT}


def place_for(path, backup):
    """BACKUP/TIME/PATH, with the time of its contents in seconds since 1970."""
    return f"{backup}/{int(os.lstat(path).st_mtime)}{path}"


def copy(path, place):
    os.makedirs(os.path.dirname(place), exist_ok=True)
    shutil.copy2(path, place)


def move(path, backup):
    """Gives where it is now. Where there is no room for it, that is beside it, under a name that stays on this node."""
    place = place_for(path, backup)
    try:
        # A service that may write to two folders only has two mounts: across them nothing can be renamed.
        copy(path, place)
        flush([place, os.path.dirname(place)])
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(place)
        if error.errno not in FULL:
            raise
        place = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{int(os.lstat(path).st_mtime)}")
        os.rename(path, place)
        return place
    os.unlink(path)
    return place
