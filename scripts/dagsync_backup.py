"""Where a version is kept that leaves the folder, and that no other node need have."""

import contextlib
import errno
import os
import shutil

from dagsync_pair import flush


def place_for(path, backup):
    """BACKUP/TIME/PATH, with the time of its contents in seconds since 1970; makes the folders above it."""
    place = f"{backup}/{int(os.lstat(path).st_mtime)}{path}"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def move(path, backup):
    """Gives where it is now. Where there is no room for it, that is beside it, under a name that stays on this node."""
    place = None
    try:
        place = place_for(path, backup)
        # A service that may write to two folders only has two mounts: across them nothing can be renamed.
        shutil.copy2(path, place)
        flush([place, os.path.dirname(place)])
    except OSError as error:
        if place:
            with contextlib.suppress(OSError):
                os.unlink(place)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{int(os.lstat(path).st_mtime)}")
        os.rename(path, place)
        return place
    os.unlink(path)
    return place
