"""Leases of the kernel on files (fcntl(2), F_SETLEASE): nobody writes while one is held."""

import errno
import fcntl
import os
import signal
import stat
import time

# What says that nothing is there, or something else by now, or what nobody can open. Any other error does not mean that it
# has been deleted.
GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.ENAMETOOLONG}
# Seconds for which a file is left alone when nobody writes it, on a file system without leases.
ALONE = 2

# A lease that somebody waits for is told of by this signal, which would end the process.
signal.signal(signal.SIGIO, signal.SIG_IGN)


class Leases:
    """Takes those of the given paths' files that nobody has open for writing. Whoever opens one of them for writing waits
    until the lease is given back, so it must not be kept once `asked_for`. `whole`: the paths that may be sent, which are
    also those of what is no file, or is not there any more."""

    def __init__(self, paths):
        self.files = []
        self.leased = []
        self.gone = []
        self.whole = [path for path in paths if self.take(path)]

    def take(self, path):
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return True
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in GONE:
                self.gone.append(path)
            return error.errno in GONE
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            self.leased.append(file)
        except OSError as error:
            written = isinstance(error, (BlockingIOError, PermissionError))
            if written or abs(time.time() - os.fstat(file).st_mtime) < ALONE:
                os.close(file)
                return False
        self.files.append(file)
        return True

    def asked_for(self):
        """Whether somebody waits in order to write one of them, or has begun one that was not there."""
        if any(os.path.lexists(path) for path in self.gone):
            return True
        return any(fcntl.fcntl(file, fcntl.F_GETLEASE) != fcntl.F_RDLCK for file in self.leased)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for file in self.files:
            os.close(file)


def is_written(path):
    with Leases([path]) as leases:
        return not leases.whole
