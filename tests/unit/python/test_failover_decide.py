"""A table of what a guard may see, and what it does then. tests/unit/failover.test.ts runs it."""

import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
from failover_decide import DELETE, FENCE, HOLD, REST, SUSPECT, Claim, Cluster, Term, View, decide, obstacle

NODES = ["a", "b", "c"]
TERM = Term("a", 7, 3)
SUSPECTED, FENCED = Claim(TERM, False), Claim(TERM, True)
CLUSTER = Cluster(
    holder="a",
    revision=7,
    mode="quorum",
    ttl=20,
    sync_leader="a",
    voters=frozenset("bc"),
    quorum=1,
    members=frozenset("abc"),
)
SILENT = View(CLUSTER, timeline=3, silent=True)


def with_claims(view, **claims):
    return replace(view, cluster=replace(view.cluster, claims=claims))


def with_cluster(**changes):
    claims = {"b": FENCED, "c": FENCED}
    return replace(SILENT, fence_age=1, cluster=replace(CLUSTER, **{"claims": claims} | changes))


class Decide(unittest.TestCase):
    def check(self, view, step, nodes=NODES):
        self.assertEqual(decide("b", nodes, view)[0], step)

    def test_steps(self):
        fenced = replace(SILENT, fence_age=0.1)
        for name, view, step in [
            ("the primary is heard", replace(SILENT, silent=False), REST),
            ("heard again after the claim", with_claims(replace(SILENT, silent=False), b=SUSPECTED), REST),
            ("silent", SILENT, SUSPECT),
            ("alone in it", with_claims(SILENT, b=SUSPECTED), SUSPECT),
            ("the other one only", with_claims(SILENT, c=SUSPECTED), SUSPECT),
            ("all agree", with_claims(SILENT, b=SUSPECTED, c=SUSPECTED), FENCE),
            ("the other one was faster", with_claims(SILENT, b=SUSPECTED, c=FENCED), FENCE),
            ("fenced, not yet claimed", with_claims(fenced, b=SUSPECTED, c=FENCED), HOLD),
            ("the first to fence", with_claims(fenced, b=FENCED, c=SUSPECTED), HOLD),
            ("all have fenced", with_claims(fenced, b=FENCED, c=FENCED), DELETE),
            ("the other one's claim is gone", with_claims(fenced, b=FENCED), HOLD),
            ("nobody came along", with_claims(replace(SILENT, fence_age=11), b=FENCED, c=SUSPECTED), REST),
            ("too late", with_claims(replace(SILENT, fence_age=11), b=FENCED, c=FENCED), REST),
        ]:
            with self.subTest(name):
                self.check(view, step)

    def test_another_term_is_another_matter(self):
        for name, other in [
            ("timeline", replace(TERM, timeline=2)),
            ("revision", replace(TERM, revision=6)),
            ("holder", replace(TERM, holder="c")),
        ]:
            with self.subTest(name):
                self.check(with_claims(SILENT, b=SUSPECTED, c=Claim(other, False)), SUSPECT)
                self.check(with_claims(replace(SILENT, fence_age=1), b=FENCED, c=Claim(other, True)), HOLD)

    def test_obstacles_end_it_at_any_step(self):
        self.check(with_cluster(), DELETE)
        for name, view in [
            ("no majority", replace(SILENT, cluster=None, fence_age=1)),
            ("no leader", with_cluster(holder=None)),
            ("is the leader", with_cluster(holder="b")),
            ("not replicating", replace(with_cluster(), timeline=None)),
            ("an earlier guard's fence", replace(with_cluster(), foreign_fence=True)),
            ("paused", with_cluster(paused=True)),
            ("mode", with_cluster(mode="on")),
            ("just promoted: /sync is still the former one's", with_cluster(sync_leader="c")),
            ("nobody synchronous", with_cluster(voters=frozenset(), quorum=0)),
            ("commits wait for nobody", with_cluster(quorum=2)),
            ("a member beyond the nodes", with_cluster(members=frozenset("abcd"))),
            ("a holder beyond the nodes", with_cluster(holder="x", sync_leader="x")),
        ]:
            with self.subTest(name):
                self.check(view, REST)
                self.assertIsNotNone(obstacle("b", NODES, view))

    def test_of_five_all_four_others_are_needed(self):
        nodes = list("abcde")
        cluster = replace(CLUSTER, voters=frozenset("bcde"), quorum=3, members=frozenset(nodes))
        view = replace(SILENT, cluster=cluster)
        three = {"b": SUSPECTED, "c": SUSPECTED, "d": SUSPECTED}
        self.check(with_claims(view, **three), SUSPECT, nodes)
        self.check(with_claims(view, **three, e=SUSPECTED), FENCE, nodes)


if __name__ == "__main__":
    unittest.main()
