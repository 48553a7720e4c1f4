"""This node's bare repository."""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import contextmanager

# Seconds: for what git does here, for a transfer, and until another one's turn is over.
HERE, TRANSFER, TURN = 30, 60, 70

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class GitError(Exception):
    """What git said."""


class Repository:
    """`ssh` is the command by which git reaches the peers."""

    def __init__(self, path, ssh):
        self.path = path
        # What a hook was told of its own repository must not reach the git that it starts.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment |= {"GIT_SSH_COMMAND": ssh, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}

    def git(self, *arguments, timeout=HERE, told=None, **environment):
        """What git prints; GitError when it fails."""
        command = ["git", f"--git-dir={self.path}", *arguments]
        environment = self.environment | environment
        streams = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE)
        with subprocess.Popen(
            command, **streams, encoding="utf-8", errors="replace", env=environment, start_new_session=True
        ) as process:
            try:
                output, errors = process.communicate(told, timeout)
            except subprocess.TimeoutExpired as error:
                # With its helpers, which would wait for a silent server without end.
                os.killpg(process.pid, signal.SIGKILL)
                raise GitError(f"git {arguments[0]} did not end within {timeout} s") from error
        if process.returncode != 0:
            lines = [line.strip() for line in errors.splitlines() if line.strip()]
            raise GitError("; ".join(lines[:2]) or f"git {arguments[0]} failed ({process.returncode})")
        return output.strip()

    def succeeds(self, *arguments):
        try:
            self.git(*arguments)
        except GitError:
            return False
        return True

    def prepare(self, branch, hidden):
        """Makes the repository, and on it a commit without DAGs for Airflow to begin with: the same on every node."""
        if not os.path.isdir(self.path) or not os.listdir(self.path):
            self.git("init", "--quiet", "--bare", self.path)
        elif not self.succeeds("rev-parse", "--is-bare-repository"):
            raise GitError(f"path: {self.path} is there and is not a bare git repository")
        # By default git leaves the objects of a small push to the page cache, which a power cut empties.
        self.git("config", "core.fsync", "all")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        if self.commit(hidden) is None:
            self.git("mktree", told="")
            who = {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in NOBODY.items()}
            self.move({hidden: self.git("commit-tree", "-m", "No DAGs yet", EMPTY_TREE, **who)})

    def commit(self, ref):
        """The ref's commit; None when there is no such ref."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        except GitError:
            return None

    def has(self, commit):
        """Whether it is here with all that it needs: a transfer that was cut off may have left a part."""
        return self.succeeds("rev-list", "--quiet", "--objects", commit, "--not", "--all")

    def leads_to(self, older, newer):
        return self.succeeds("merge-base", "--is-ancestor", older, newer)

    def move(self, refs):
        """All of them or, when git refuses one, none."""
        self.git("update-ref", "--stdin", told="".join(f"update {ref} {commit}\n" for ref, commit in refs.items()))

    @contextmanager
    def turn(self):
        """One process at a time moves the branch here; the kernel ends the turn of one that died."""
        with open(os.path.join(self.path, "airflow-ha.lock"), "w") as file:
            deadline = time.monotonic() + TURN
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise GitError(f"another push has not ended for {TURN} s") from error
                    time.sleep(0.02)
            yield


NOBODY = {"NAME": "airflow-ha", "EMAIL": "airflow-ha", "DATE": "2000-01-01T00:00:00Z"}
