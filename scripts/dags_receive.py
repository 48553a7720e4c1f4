"""git's hook proc-receive: a push becomes the branch's commit on all nodes or is refused. Source of the protocol:
githooks(5)."""

from dags_branch import Refused
from dags_repository import GitError

NOTHING = "0" * 40


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
        found.append(source.read(size - 4).decode().split("\0")[0].rstrip("\n"))
    return found


def write(sink, line):
    text = line.encode() + b"\n"
    sink.write(b"%04x" % (len(text) + 4) + text)


def answer(sink, lines_):
    for line in lines_:
        write(sink, line)
    sink.write(b"0000")
    sink.flush()
