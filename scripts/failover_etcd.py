"""What a guard reads from etcd and writes there, by etcd's JSON gateway; nothing that listens, no credentials."""

import json

import etcd_json
from etcd_json import decoded, encoded
from failover_decide import Claim, Cluster, Term

# Seconds. The lease under which a claim stands: a guard that is gone has no say a moment later.
LEASE = 5


class Etcd:
    """`endpoints` are asked in their order until one answers: the own member comes first."""

    def __init__(self, endpoints, scope):
        self.endpoints = endpoints
        self.patroni = f"/service/{scope}/"
        self.claims = f"/airflow-ha/failover/{scope}/"
        self.lease = None

    def call(self, method, body):
        return etcd_json.call(self.endpoints, method, body)

    def read(self, own_copy=False):
        """One consistent reading, and the conditions under which it is still true. The own member's copy needs no
        majority and may be old."""
        prefixes = (self.patroni, self.claims)
        ranges = [{"request_range": prefix_range(prefix) | {"serializable": own_copy}} for prefix in prefixes]
        answers = self.call("kv/txn", {"success": ranges})["responses"]
        pairs = [pair for answer in answers for pair in answer["response_range"].get("kvs", [])]
        values = {decoded(pair["key"]): decoded(pair.get("value", "")) for pair in pairs}
        revisions = {decoded(pair["key"]): int(pair["mod_revision"]) for pair in pairs}
        decisive = [key for key in revisions if key.startswith(self.claims)]
        decisive += [self.patroni + key for key in ("leader", "sync", "config")]
        conditions = [
            {"key": encoded(key), "target": "MOD", "result": "EQUAL", "mod_revision": str(revisions.get(key, 0))}
            for key in decisive
        ]
        return self.cluster(values, revisions), conditions

    def cluster(self, values, revisions):
        def of(key):
            return json.loads(values.get(self.patroni + key) or "{}") or {}

        config, sync = of("config"), of("sync")
        voters = frozenset(filter(None, (sync.get("sync_standby") or "").split(",")))
        members = self.patroni + "members/"
        present = {key.removeprefix(members) for key in values if key.startswith(members)}
        return Cluster(
            holder=values.get(self.patroni + "leader"),
            revision=revisions.get(self.patroni + "leader", 0),
            paused=bool(config.get("pause")),
            mode=str(config.get("synchronous_mode")),
            ttl=int(config.get("ttl") or 30),
            sync_leader=sync.get("leader"),
            voters=voters,
            quorum=int(sync.get("quorum") or 0),
            members=frozenset(present | voters | set(of("failsafe"))),
            claims={
                key.removeprefix(self.claims): parsed_claim(value)
                for key, value in values.items()
                if key.startswith(self.claims)
            },
        )

    def claim(self, node, claim):
        """Writes the claim, under the lease that the node has or a new one; that of a fence only under the one from before
        the fence: had this process stood still, the fence might be over."""
        if self.lease is None or not self.keep_alive():
            if claim.fenced:
                raise OSError("the claim of before the fence has run out: this fence does not count")
            self.lease = self.call("lease/grant", {"TTL": str(LEASE)})["ID"]
        value = json.dumps(vars(claim.term) | {"fenced": claim.fenced})
        self.call("kv/put", {"key": encoded(self.claims + node), "value": encoded(value), "lease": self.lease})

    def keep_alive(self):
        """Whether the lease is still there."""
        answer = self.call("lease/keepalive", {"ID": self.lease})
        return int(answer["result"].get("TTL", 0)) > 0

    def withdraw(self):
        lease, self.lease = self.lease, None
        if lease is not None:
            self.call("lease/revoke", {"ID": lease})

    def delete_leader(self, conditions):
        """Whether the leader key was there, everything was as it was read, and is deleted now."""
        deletion = {"request_delete_range": {"key": encoded(self.patroni + "leader")}}
        return self.call("kv/txn", {"compare": conditions, "success": [deletion]}).get("succeeded", False)


def parsed_claim(value):
    parts = json.loads(value)
    return Claim(Term(parts["holder"], parts["revision"], parts["timeline"]), parts["fenced"])


def prefix_range(prefix):
    return {"key": encoded(prefix), "range_end": encoded(prefix[:-1] + chr(ord(prefix[-1]) + 1))}
