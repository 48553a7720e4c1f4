"""Takes what the other nodes send (dagsync_batch.py), each file as a whole: it is on the disk before it takes its place,
and it is in the pair's database before the sender is told. What this node has changed too is refused: csync2 then decides
which version wins, and keeps the other one."""

import hmac
import math
import os
import select
import shutil
import socket
import stat
import threading
import time
import traceback

import dagsync_batch
from dagsync_backup import FULL, copy, place_for
from dagsync_changes import drop_cache
from dagsync_leases import Leases
from dagsync_pair import flush, version_of

# Seconds for which a sender may be silent in the middle of a message.
SILENCE = 5
# In the folder, of its own file system; a name that no node sends.
ASIDE = ".dag-sync"


class Receiver(threading.Thread):
    """`pairs` by the peers' addresses; `is_local` says what never comes from another node; nobody changes the databases
    while `alone` is held; in `backup` is kept what is younger than what takes its place; `wakes`, by the
    peers' addresses, has one sent what it wants; `recovery` is told what has come."""

    def __init__(self, server, key, folder, pairs, is_local, alone, backup, wakes, recovery):
        super().__init__(daemon=True, name="receiver")
        self.server, self.key, self.folder, self.pairs, self.backup = server, key, folder, pairs, backup
        self.is_local, self.alone, self.wakes, self.recovery = is_local, alone, wakes, recovery
        self.aside = os.path.join(folder, ASIDE)
        self.latest = {}  # the connection of each peer
        shutil.rmtree(self.aside, ignore_errors=True)

    def run(self):
        while True:
            try:
                connection, (address, _) = self.server.accept()
                self.supersede(address, connection)
                threading.Thread(target=self.serve, args=(connection, address), daemon=True, name=address).start()
            except (OSError, RuntimeError) as error:
                print(f"no peer is let in: {error}", flush=True)
                time.sleep(1)

    def supersede(self, address, connection):
        """A peer sends one message at a time: of an older one it has given up, nothing may come after the newer one."""
        older, self.latest[address] = self.latest.get(address), connection
        if older:
            dagsync_batch.hang_up(older)

    def serve(self, connection, address):
        try:
            with connection:
                connection.settimeout(SILENCE)
                pair = self.pairs[address]
                with connection.makefile("rb") as stream:
                    entries, contested, wanted = dagsync_batch.receive(stream, self.is_key)
                with self.alone():
                    if self.latest[address] is not connection or has_hung_up(connection):
                        return
                    contested |= {os.path.relpath(path, self.folder) for path in self.recovery.here(address)}
                    claimed = self.claim(pair, [entry for entry in entries if entry.path in contested])
                    taken = self.take(pair, entries)
                    self.owe_wanted(pair, wanted)
                dagsync_batch.answer(connection, taken)
                if wanted or claimed:
                    self.wakes[address]()
        except (EOFError, ConnectionError, TimeoutError):
            pass  # the sender still owes it, and sends it again
        except Exception:
            print(f"what {address} sends is not taken:", traceback.format_exc(), flush=True)

    def is_key(self, key):
        return hmac.compare_digest(key.encode(), self.key.encode())

    def claim(self, pair, entries):
        """What has been changed on both sides, and noted on none: what is younger here is owed, so csync2 decides. Gives the
        paths of that."""
        paths = {os.path.join(self.folder, entry.path): entry for entry in entries if entry.is_file}
        claimed = [path for path, entry in paths.items() if self.is_within(path) and wins(path, entry)]
        pair.owe(claimed)
        return claimed

    def owe_wanted(self, pair, names):
        """What is not here it cannot have from here; that this is no deletion of what it saves meanwhile."""
        paths = [os.path.join(self.folder, name) for name in names]
        pair.owe([path for path in paths if self.is_within(path) and os.path.lexists(path)])

    def take(self, pair, entries):
        """Gives the paths of those that are here now; None when there is no room for them."""
        paths = {entry.path: os.path.join(self.folder, entry.path) for entry in entries}
        noted, owed = pair.versions(paths.values()), pair.owed()
        entries = [entry for entry in entries if paths[entry.path] not in owed and self.is_within(paths[entry.path])]
        shutil.rmtree(self.aside, ignore_errors=True)
        # Airflow cannot look into it, and this service can: it has CAP_DAC_OVERRIDE.
        os.mkdir(self.aside, 0)
        try:
            aside = {entry.path: self.put_aside(entry, n) for n, entry in enumerate(entries)}
            flush([aside[entry.path] for entry in entries if entry.is_file])
            taken = [
                entry
                for entry in entries
                if self.place(entry, paths[entry.path], aside[entry.path], noted.get(paths[entry.path]))
            ]
            # Names have to last as long as what is noted of them.
            flush({os.path.dirname(paths[entry.path]) for entry in taken})
        except OSError as error:
            if error.errno not in FULL:
                raise
            return None
        finally:
            shutil.rmtree(self.aside, ignore_errors=True)
        # Not what is there now: somebody may have changed it already.
        pair.note({paths[entry.path]: entry.version for entry in taken}, owed=False)
        self.recovery.heard([paths[entry.path] for entry in taken])
        return [entry.path for entry in taken]

    def is_within(self, path):
        """Neither by its name nor by a link does it lead out of the folder."""
        above, pure = os.path.dirname(path), os.path.normpath(path)
        within = path == pure and path.startswith(self.folder + os.sep)
        return within and os.path.realpath(above) == above and not self.is_local(path)

    def put_aside(self, entry, number):
        path = os.path.join(self.aside, str(number))
        if entry.target is not None:
            os.symlink(entry.target, path)
        elif entry.is_file:
            with open(path, "wb") as file:
                file.write(entry.contents)
                os.fchmod(file.fileno(), stat.S_IMODE(entry.mode))
            # csync2 sets whole seconds too: a part of a second says that somebody has saved it here.
            os.utime(path, (entry.mtime, entry.mtime))
        return path

    def place(self, entry, path, aside, noted):
        """Whether it could be done; csync2 says why not, when its turn comes. Looks again: a link may have come before
        it, and somebody may have saved it here while the others were written."""
        with Leases([path]) as lease:
            version = version_of(path)
            same = version == noted or (version == entry.version and has(path, entry))
            if not same or not lease.whole or not self.is_within(path):
                return False
            try:
                if entry.is_file and seconds_younger(path, entry) > 0:
                    self.keep(path)
                self.put_in_place(entry, path, aside)
                return True
            except OSError:
                return False

    def keep(self, path):
        """A third node may have saved it after the sender, which did not know of it; or the sender copied an old one."""
        copy(path, kept := place_for(path, self.backup))
        print(f"{path}: what comes is older than what was here, which is kept as {kept}", flush=True)

    def put_in_place(self, entry, path, aside):
        if entry.mode is None:
            delete(path)
        elif not stat.S_ISDIR(entry.mode):
            os.replace(aside, path)
        else:
            if not os.path.isdir(path):
                os.mkdir(path)
            os.chmod(path, stat.S_IMODE(entry.mode))


def has_hung_up(connection):
    """Whoever has given up sends it another way."""
    return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1, socket.MSG_PEEK) == b""


def wins(path, entry):
    """What is there is younger, or as old and another one."""
    return seconds_younger(path, entry) >= 0 and version_of(path) != entry.version


def seconds_younger(path, entry):
    """By how much what is there is younger than the entry."""
    try:
        status = os.lstat(path)
    except OSError:
        return -math.inf
    return status.st_mtime_ns // 10**9 - entry.mtime if stat.S_ISREG(status.st_mode) else -math.inf


def delete(path):
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            drop_cache(path)
            os.rmdir(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        pass


def has(path, entry):
    """Another node was faster, or the sender was not told."""
    if not entry.is_file:
        return True
    try:
        with open(path, "rb") as file:
            return file.read() == entry.contents
    except OSError:
        return False
