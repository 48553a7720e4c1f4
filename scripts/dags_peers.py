"""The other nodes, by SSH: what they get, and what is got from them."""

import shlex
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

from dags_repository import TRANSFER, GitError

# Seconds. A machine that is there takes or refuses a connection in one round trip; one that is off or cut off never does,
# and is not waited for: it gets what it missed when it is back.
REACH = 0.3
# Unless it is needed for a majority: it may be busy.
REACH_BUSY = 2
# Seconds, for a peer to say which commit it has.
ANSWER = 5


class Peers:
    """`peers` are, by name, an address and a port that tell whether the machine is there: not sshd's, which shuts those out
    who connect and do not log in."""

    def __init__(self, own, peers, repository, ssh):
        self.peers, self.repository, self.ssh = peers, repository, shlex.split(ssh)
        # A branch, since Airflow fetches branches only: a worker finds the commit before it is anybody's DAGs. A node
        # has one for all that it sends: each commit that counts leads to the next.
        self.incoming = f"refs/heads/airflow-ha/incoming/{own}"

    def send(self, commit, reach):
        """Sends it to all side by side. Gives, for each that does not have it, why."""
        reasons = self.each(lambda peer: self.send_to(peer, commit, reach))
        return {peer: reason for peer, reason in reasons.items() if reason}

    def each(self, question):
        with ThreadPoolExecutor(max(len(self.peers), 1)) as pool:
            return dict(zip(self.peers, pool.map(question, self.peers)))

    def send_to(self, peer, commit, reach):
        if reason := self.unreachable(peer, reach):
            return reason
        try:
            self.git("push", "--quiet", "--force", self.url(peer), f"{commit}:{self.incoming}")
        except GitError as error:
            return str(error)
        return None

    def fetch(self, commit):
        """From the first that gives it; GitError when nobody does."""
        reasons = []
        for peer in self.peers:
            try:
                if reason := self.unreachable(peer):
                    raise GitError(reason)
                self.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.url(peer), commit)
                return
            except GitError as error:
                reasons.append(f"{peer}: {error}")
        raise GitError(f"no node gives {commit[:12]} ({', '.join(reasons)})")

    def tip(self, peer):
        """The commit that Airflow has there; GitError when it does not say."""
        if reason := self.unreachable(peer):
            raise GitError(reason)
        try:
            done = subprocess.run(
                [*self.ssh, peer, "tip"],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=ANSWER,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError("does not answer") from error
        if done.returncode != 0:
            raise GitError(done.stderr.strip() or "does not answer")
        return done.stdout.strip()

    def unreachable(self, peer, reach=REACH):
        address, port = self.peers[peer]
        try:
            socket.create_connection((address, port), reach).close()
        except ConnectionRefusedError:
            pass  # which is an answer
        except OSError:
            return "does not answer"
        return None

    def url(self, peer):
        return f"{peer}:{self.repository.path}"

    def git(self, *arguments):
        # `ssh` takes the host and a command, and no more: its configuration has the rest.
        return self.repository.git(*arguments, timeout=TRANSFER, GIT_SSH_VARIANT="simple")
