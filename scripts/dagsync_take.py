"""Takes what the other nodes send (dagsync_batch.py), each file as a whole: it is on the disk before it takes its place,
and it is in the pair's database before the sender is told. What this node has changed too is refused: csync2 then decides
which version wins, and keeps the other one."""

import hmac
import os
import shutil
import stat
import threading
import traceback

import dagsync_batch
from dagsync_changes import drop_cache
from dagsync_leases import is_written
from dagsync_pair import flush, version_of

# Seconds for which a sender may be silent in the middle of a message.
SILENCE = 5
# In the folder, of its own file system; a name that no node sends and that is no DAG's.
ASIDE = ".dag-sync"


class Receiver(threading.Thread):
    """`pairs` by the peers' addresses; `is_local` says what never comes from another node; nobody changes the databases
    while `alone` is held."""

    def __init__(self, server, key, folder, pairs, is_local, alone):
        super().__init__(daemon=True, name="receiver")
        self.server, self.key, self.folder, self.pairs = server, key, folder, pairs
        self.is_local, self.alone = is_local, alone
        self.aside = os.path.join(folder, ASIDE)

    def run(self):
        while True:
            connection, (address, _) = self.server.accept()
            threading.Thread(target=self.serve, args=(connection, address), daemon=True, name=address).start()

    def serve(self, connection, address):
        with connection, connection.makefile("rwb") as stream:
            connection.settimeout(SILENCE)
            try:
                pair = self.pairs[address]
                entries = dagsync_batch.receive(stream, lambda key: hmac.compare_digest(key.encode(), self.key.encode()))
                with self.alone():
                    taken = self.take(pair, entries)
                dagsync_batch.answer(stream, [entry.path for entry in taken])
            except (EOFError, ConnectionError, TimeoutError):
                pass  # the sender still owes it, and sends it again
            except Exception:
                print(f"what {address} sends is not taken:", traceback.format_exc(), flush=True)

    def take(self, pair, entries):
        """Gives those that are here now."""
        paths = {entry.path: os.path.join(self.folder, entry.path) for entry in entries}
        noted, owed = pair.versions(paths.values()), pair.owed()
        free = [
            entry
            for entry in entries
            if (path := paths[entry.path]) not in owed
            and self.is_within(path)
            and ((version := version_of(path)) == noted.get(path) or (version == entry.version and has(path, entry)))
        ]
        shutil.rmtree(self.aside, ignore_errors=True)
        os.mkdir(self.aside, 0o700)
        try:
            files = {entry.path: self.put_aside(entry, n) for n, entry in enumerate(free) if entry.is_file}
            flush(files.values())
            taken = [entry for entry in free if self.place(entry, paths[entry.path], files.get(entry.path))]
        finally:
            shutil.rmtree(self.aside, ignore_errors=True)
        # Not what is there now: somebody may have changed it already.
        pair.note({paths[entry.path]: entry.version for entry in taken}, owed=False)
        return taken

    def is_within(self, path):
        """Neither by its name nor by a link does it lead out of the folder."""
        above, pure = os.path.dirname(path), os.path.normpath(path)
        within = path == pure and path.startswith(self.folder + os.sep)
        return within and os.path.realpath(above) == above and not self.is_local(path)

    def put_aside(self, entry, number):
        path = os.path.join(self.aside, str(number))
        with open(path, "wb") as file:
            file.write(entry.contents)
            os.fchmod(file.fileno(), stat.S_IMODE(entry.mode))
        # csync2 sets whole seconds too: a part of a second says that somebody has saved it here.
        os.utime(path, (entry.mtime, entry.mtime))
        return path

    def place(self, entry, path, file):
        """Whether it could be done; csync2 says why not, when its turn comes."""
        try:
            if entry.mode is None:
                self.delete(path)
            elif file:
                if is_written(path):
                    return False
                os.replace(file, path)
            elif stat.S_ISDIR(entry.mode):
                if not os.path.isdir(path) or os.path.islink(path):
                    os.mkdir(path)
                os.chmod(path, stat.S_IMODE(entry.mode))
            else:
                link = os.path.join(self.aside, "link")
                os.symlink(entry.target, link)
                os.replace(link, path)
            return True
        except OSError:
            return False

    def delete(self, path):
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
