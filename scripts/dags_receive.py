"""git's hook proc-receive: a push becomes the branch's commit on all nodes or is refused. Source of the protocol:
githooks(5). dags_hook.py is what git starts."""

import contextlib
import os
import socket
import sys
import threading
import time
import traceback

from dags_branch import Refused
from dags_repository import GitError

NOTHING = "0" * 40


class Pushes(threading.Thread):
    """Each hook gives the streams that git gave it, at `path`, and waits until it is told that git has been answered."""

    def __init__(self, branch, path):
        super().__init__(daemon=True, name="pushes")
        self.branch, self.server = branch, socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        # By the umask, for the own user only.
        self.server.bind(path)
        self.server.listen()

    def run(self):
        while True:
            try:
                hook, _ = self.server.accept()
                threading.Thread(target=self.serve, args=(hook,), daemon=True).start()
            except (OSError, RuntimeError) as error:
                print(f"no push is let in: {error}", file=sys.stderr, flush=True)
                time.sleep(1)

    def serve(self, hook):
        try:
            with contextlib.ExitStack() as streams:
                streams.enter_context(hook)
                given = zip(socket.recv_fds(hook, 1, 3)[1], ("rb", "wb", "w"))
                source, sink, told = [streams.enter_context(open(stream, mode)) for stream, mode in given]
                receive(self.branch, source, sink, lambda text: tell(told, text))
                hook.sendall(b"\0")
        except Exception:
            # One push is no reason to end the others'.
            traceback.print_exc()


def tell(stream, text):
    """Whoever pushes."""
    with contextlib.suppress(BrokenPipeError):  # who has hung up; the push goes on
        print(text, file=stream, flush=True)


def receive(branch, source, sink, say):
    """Answers the git that started it, line by line; `say` reaches whoever pushes."""
    lines(source)
    answer(sink, ["version=1"])
    for command in lines(source):
        _, new, ref = command.split(" ", 2)
        reason = outcome(branch, new, ref, say)
        write(sink, f"ng {ref} {reason}" if reason else f"ok {ref}")
    answer(sink, [])


def outcome(branch, new, ref, say):
    """Why it is refused, or None."""
    if ref != branch.ref:
        return f"only the branch {branch.name} is taken here"
    if new == NOTHING:
        return f"{branch.name} is what Airflow runs and cannot be deleted"
    try:
        missing = branch.publish(new)
    except Refused as error:
        return str(error)
    except OSError as error:
        return f"etcd has no majority that answers, so nothing has moved: {error}"
    except GitError as error:
        return f"nothing has moved: {error}"
    for peer, reason in missing.items():
        say(f"{peer} does not have it yet: {reason}")
    return None


def lines(source):
    """Up to the flush packet."""
    found = []
    while (size := int(source.read(4) or b"0", 16)) > 0:
        found.append(source.read(size - 4).decode(errors="replace").split("\0")[0].rstrip("\n"))
    return found


def write(sink, line):
    text = line.encode() + b"\n"
    sink.write(b"%04x" % (len(text) + 4) + text)


def answer(sink, lines_):
    for line in lines_:
        write(sink, line)
    sink.write(b"0000")
    sink.flush()
