"""The branch that Airflow runs. Which commit it is stands in one key of etcd; what a node has of it follows that key.
docs/decisions/dag-git.md."""

import contextlib
import time

import etcd_json
from dags_peers import REACH, REACH_BUSY, Peers
from dags_repository import GitError, Repository
from etcd_json import decoded, encoded

# What Airflow follows. The branch itself is not there before the first push.
HIDDEN = "refs/heads/airflow-ha/dags"
ATTEMPTS = 3
# Seconds for which etcd is asked again when no member answers in time, as on a busy machine or between two leaders.
PATIENCE = 5


class Refused(Exception):
    """Why a commit does not become the branch's."""


class Branch:
    def __init__(self, config):
        self.name, self.ref = config["branch"], f"refs/heads/{config['branch']}"
        self.own, self.key, self.endpoints = config["name"], encoded(config["key"]), config["etcd"]
        self.repository = Repository(config["repository"], config["ssh"])
        self.peers = Peers(self.own, config["peers"], self.repository, config["ssh"])

    def read(self, own_copy=False):
        """The key's commit, or None, and its revision. The own member's copy needs no majority and may be old."""
        answer = etcd_json.call(self.endpoints, "kv/range", {"key": self.key, "serializable": own_copy})
        for pair in answer.get("kvs", []):
            return decoded(pair["value"]), pair["mod_revision"]
        return None, "0"

    def read_patiently(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.read()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def publish(self, new):
        """Makes `new`, which is here, the branch's commit. Gives, by name, why a node does not have it yet. When it is
        Refused, nothing has moved."""
        with self.repository.turn():
            for _ in range(ATTEMPTS):
                current, revision = self.read_patiently()
                if current == new:
                    return self.followed(new)
                self.need_successor(current, new)
                missing = self.send(new)
                if self.swap(revision, new):
                    return missing | self.followed(new)
        raise Refused("others were faster, again and again: fetch, then push again")

    def followed(self, new):
        """It counts, whatever happens here: the follower tries again."""
        try:
            self.move(new)
            return {}
        except (GitError, OSError) as error:
            return {self.own: str(error)}

    def need_successor(self, current, new):
        if current is None:
            return
        self.obtain(current)
        if not self.repository.leads_to(current, new):
            raise Refused(f"{new[:12]} does not build on {current[:12]}, which {self.name} is at: fetch, then push again")

    def send(self, new):
        """Gives, by name, why a node does not have it; most of them do."""
        nodes = len(self.peers.peers) + 1
        needed = nodes // 2 + 1
        for reach in (REACH, REACH_BUSY):
            missing = self.peers.send(new, reach)
            if (have := nodes - len(missing)) >= needed:
                return missing
        why = ", ".join(f"{peer}: {reason}" for peer, reason in missing.items())
        raise Refused(f"{have} of {nodes} nodes would have it, and {needed} are needed ({why}): nothing has moved")

    def swap(self, revision, new):
        """Whether the key is `new` now. It is set when it was still as it had been read."""
        compare = {"key": self.key, "target": "MOD", "result": "EQUAL", "mod_revision": revision}
        put = {"request_put": {"key": self.key, "value": encoded(new)}}
        with contextlib.suppress(OSError):
            if etcd_json.call(self.endpoints, "kv/txn", {"compare": [compare], "success": [put]}).get("succeeded"):
                return True
        try:
            # A member that did it may not have answered, and the next one was asked.
            return self.read_patiently()[0] == new
        except OSError as error:
            raise Refused("etcd has not answered: whether this counts, git fetch shows in a moment") from error

    def catch_up(self, own_copy=False):
        """Has this node follow the key. Gives what there is to say of it, or None."""
        value, _ = self.read(own_copy)
        local = self.repository.commit(self.ref)
        if value is None:
            # etcd has been lost and made anew; what the nodes have counts.
            return local and self.publish_again(local)
        if value == local == self.repository.commit(HIDDEN):
            return None
        self.obtain(value)
        with self.repository.turn():
            local = self.repository.commit(self.ref)
            if local in (None, value) or self.repository.leads_to(local, value):
                self.move(value)
                return f"{self.name} is at {value[:12]}"
        if self.repository.leads_to(value, local):
            # The own member's copy is old, or etcd is back from a snapshot that is.
            return self.publish_again(local)
        if own_copy:
            return self.catch_up()
        return self.give_way(local, value)

    def publish_again(self, local):
        if self.read()[0] == local:
            return None
        self.publish(local)
        return f"etcd did not know {local[:12]}, which {self.name} is at here, any more: it does again"

    def give_way(self, local, value):
        """A push that was acknowledged before etcd lost it, and another one after that: the key counts."""
        kept = f"refs/heads/airflow-ha/lost/{local[:12]}"
        with self.repository.turn():
            self.repository.move({kept: local})
            self.move(value)
        return f"{self.name} is at {value[:12]}, which does not build on {local[:12]}: that one is kept as {kept}"

    def obtain(self, commit):
        if not self.repository.has(commit):
            self.peers.fetch(commit)
            if not self.repository.has(commit):
                raise GitError(f"{commit[:12]} is not whole")

    def move(self, commit):
        self.repository.move({self.ref: commit, HIDDEN: commit})
