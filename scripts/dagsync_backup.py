"""Where a version is kept that leaves the folder, and that no other node need have."""

import os


def place_for(path, backup):
    """BACKUP/TIME/PATH, with the time of its contents in seconds since 1970; makes the folders above it."""
    place = f"{backup}/{int(os.lstat(path).st_mtime)}{path}"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place
