"""What a node's guard does next, as a function of what it sees: no clock, no network. docs/decisions/fast-failover.md
says why each condition is there."""

from dataclasses import dataclass, field

REST = "rest"  # take back what was claimed, if anything was
SUSPECT = "suspect"  # claim that the primary is gone, and keep the claim alive
FENCE = "fence"  # let nothing from or to the primary through, then claim that
HOLD = "hold"  # keep the claim alive and wait for the others' fences
DELETE = "delete"  # every fence is confirmed: end the primary's lease

# Seconds after its own fence in which a node lets the leader key be deleted. The fence itself lasts far longer.
PATIENCE = 10


@dataclass(frozen=True)
class Term:
    """One leadership: the leader key's holder and revision, and the timeline that is streamed from it."""

    holder: str
    revision: int
    timeline: int


@dataclass(frozen=True)
class Claim:
    """What a node has written into etcd under a short lease."""

    term: Term
    fenced: bool


@dataclass(frozen=True)
class Cluster:
    """One consistent reading of etcd, by its majority."""

    holder: str | None = None
    revision: int = 0
    paused: bool = False
    mode: str = ""  # Patroni's synchronous_mode
    ttl: int = 30  # seconds of the primary's lease
    sync_leader: str | None = None
    voters: frozenset = frozenset()  # one of every `len(voters) - quorum` of them has each acknowledged commit
    quorum: int = 0
    members: frozenset = frozenset()  # whoever may stream: Patroni's members, voters and failsafe topology
    claims: dict = field(default_factory=dict)  # by node


@dataclass(frozen=True)
class View:
    """What a guard sees. Ages and durations in seconds."""

    cluster: Cluster | None  # None: etcd has no majority, or does not answer
    timeline: int | None = None  # that the own replica receives; None: it is no replica that could take over
    silent: bool = False  # no sign of life of the primary for as long as is set
    fence_age: float | None = None  # of the own fence in this term
    foreign_fence: bool = False  # a fence stands that this process does not know of
    longest_ttl: int = 20  # that the fence outlasts


def obstacle(me, nodes, view):
    """Why nothing may be done here, or None."""
    cluster = view.cluster
    if cluster is None:
        return "etcd has no majority"
    if cluster.holder is None or cluster.holder == me:
        return "no other node is the primary"
    if view.timeline is None:
        return "the own PostgreSQL is no replica that could take over"
    if view.foreign_fence:
        return "a fence of an earlier guard is not over yet"
    if cluster.ttl > view.longest_ttl:
        return f"the lease of {cluster.ttl} s could outlast the fence"
    if cluster.paused:
        return "the cluster is paused"
    if cluster.mode != "quorum" or cluster.sync_leader != cluster.holder or len(cluster.voters) <= cluster.quorum:
        return "synchronous replication is not in effect"
    if not cluster.members | {cluster.holder} <= set(nodes):
        return "the cluster has a member that the guard does not know"
    return None


def decide(me, nodes, view):
    """The next step and the term that it is for."""
    if obstacle(me, nodes, view):
        return REST, None
    cluster = view.cluster
    term = Term(cluster.holder, cluster.revision, view.timeline)
    if view.fence_age is None and not view.silent:
        return REST, None
    if view.fence_age is not None and view.fence_age > PATIENCE:
        return REST, None
    claims = [cluster.claims.get(node) for node in nodes if node != cluster.holder]
    if any(claim is None or claim.term != term for claim in claims):
        return (SUSPECT if view.fence_age is None else HOLD), term
    if view.fence_age is None:
        return FENCE, term
    return (DELETE if all(claim.fenced for claim in claims) else HOLD), term
