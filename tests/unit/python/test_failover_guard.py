"""What a guard reads from etcd, and when it takes silence for silence. tests/unit/failover.test.ts runs it."""

import contextlib
import sys
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import failover_signs
from failover_decide import Claim, Cluster, Term
from failover_etcd import Etcd, decoded, encoded
from failover_guard import Guard
from failover_signs import LONGEST, Signs

PATRONI, CLAIMS = "/service/demo/", "/airflow-ha/failover/demo/"
KEYS = {
    PATRONI + "leader": ("a", 7),
    PATRONI + "config": ('{"synchronous_mode": "quorum", "ttl": 20}', 2),
    PATRONI + "sync": ('{"leader": "a", "sync_standby": "b,c", "quorum": 1}', 5),
    PATRONI + "members/a": ("{}", 3),
    PATRONI + "failsafe": ('{"a": "url", "d": "url"}', 4),
    CLAIMS + "c": ('{"holder": "a", "revision": 7, "timeline": 3, "fenced": true}', 9),
}


def answers(keys):
    """A transaction's answer, as etcd's gateway gives it."""
    pairs = [{"key": encoded(key), "value": encoded(value), "mod_revision": str(at)} for key, (value, at) in keys.items()]
    return {"responses": [{"response_range": {"kvs": pairs}}]}


class Reading(unittest.TestCase):
    def setUp(self):
        self.etcd = Etcd([], "demo")

    def read(self, keys):
        with mock.patch.object(self.etcd, "call", return_value=answers(keys)):
            return self.etcd.read()

    def test_all_that_decides_is_read(self):
        cluster, conditions = self.read(KEYS)
        self.assertEqual(
            cluster,
            Cluster(
                holder="a",
                revision=7,
                mode="quorum",
                ttl=20,
                sync_leader="a",
                voters=frozenset("bc"),
                quorum=1,
                members=frozenset("abcd"),
                claims={"c": Claim(Term("a", 7, 3), True)},
            ),
        )
        compared = {decoded(each["key"]): each["mod_revision"] for each in conditions}
        expected = {PATRONI + "leader": "7", PATRONI + "sync": "5", PATRONI + "config": "2", CLAIMS + "c": "9"}
        self.assertEqual(compared, expected)

    def test_what_is_not_there_must_stay_away(self):
        cluster, conditions = self.read({})
        self.assertEqual(cluster, Cluster(mode="None"))
        self.assertEqual({each["mod_revision"] for each in conditions}, {"0"})


class Claiming(unittest.TestCase):
    def test_a_fence_is_claimed_under_the_lease_of_before_it_only(self):
        etcd = Etcd([], "demo")
        suspected, fenced = Claim(Term("a", 7, 3), False), Claim(Term("a", 7, 3), True)
        for lease, ttl, claim, puts in [
            (None, 0, suspected, 1),
            ("1", 5, fenced, 1),
            ("1", 0, suspected, 1),
            ("1", 0, fenced, 0),
            (None, 0, fenced, 0),
        ]:
            with self.subTest(lease=lease, ttl=ttl, fenced=claim.fenced), mock.patch.object(etcd, "call") as call:
                call.return_value = {"ID": "2", "result": {"TTL": ttl}}
                etcd.lease = lease
                with contextlib.suppress(OSError):
                    etcd.claim("b", claim)
                self.assertEqual([each.args[0] for each in call.mock_calls].count("kv/put"), puts)


class Clock(unittest.TestCase):
    """With a clock that only the test turns."""

    def setUp(self):
        self.now = 1000.0
        patches = [mock.patch("threading.Thread"), mock.patch("time.monotonic", lambda: self.now)]
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)

    def goes_on(self, seconds):
        self.now += seconds


class Silence(Clock):
    def setUp(self):
        super().setUp()
        self.signs = Signs(5432, 8008)
        self.signs.watch("10.90.0.1")

    def look(self, *seconds, alive=False, pauses=()):
        """Looks that take so long, one after the other, with pauses between them."""
        takes, rests = iter(seconds), iter([*pauses, *[0] * len(seconds)])
        left = len(seconds)

        def answer(_):
            self.goes_on(next(takes))
            if isinstance(alive, Exception):
                raise alive
            return alive

        def rest(_):
            nonlocal left
            left -= 1
            if left == 0:
                raise InterruptedError
            self.goes_on(next(rests))

        with (
            mock.patch.object(self.signs, "alive", answer),
            mock.patch("time.sleep", rest),
            self.assertRaises(InterruptedError),
        ):
            self.signs.look_always()

    def test_is_what_was_listened_to(self):
        self.assertEqual(self.signs.silence(), 0)
        self.look(1, 1)
        self.assertAlmostEqual(self.signs.silence(), 2)

    def test_is_none_when_this_process_stood_still_between_two_looks(self):
        self.look(1, 1, pauses=[LONGEST])
        self.assertEqual(self.signs.silence(), 0)

    def test_is_over_when_nobody_looks_any_more(self):
        self.look(1, 1)
        self.goes_on(LONGEST + 0.1)
        self.assertEqual(self.signs.silence(), 0)

    def test_ends_with_an_answer(self):
        self.look(1)
        self.look(0.1, alive=True)
        self.assertEqual(self.signs.silence(), 0)

    def test_is_none_while_this_process_stands_still(self):
        self.look(1)
        self.look(LONGEST + 40)
        self.assertEqual(self.signs.silence(), 0)

    def test_is_none_when_a_look_fails_for_another_reason(self):
        self.look(1)
        self.look(1, alive=RuntimeError("no thread"))
        self.assertLess(self.signs.silence(), 1.5)

    def test_another_address_begins_anew(self):
        self.look(1)
        self.signs.watch("10.90.0.2")
        self.assertEqual(self.signs.silence(), 0)


class Alive(unittest.TestCase):
    def setUp(self):
        with mock.patch("threading.Thread"):
            self.signs = Signs(5432, 8008)

    def test_any_answer_is_a_sign_of_life(self):
        for ping, ports, alive in [
            (True, [], True),
            (False, [5432], True),
            (False, [8008], True),
            (False, [], False),
        ]:
            with (
                self.subTest(ping=ping, ports=ports),
                mock.patch("failover_signs.pinged", return_value=ping),
                mock.patch("failover_signs.answers", lambda _, port, __, ports=ports: port in ports),
            ):
                self.assertEqual(self.signs.alive("10.90.0.1"), alive)

    def test_a_refusal_is_an_answer(self):
        soon = time.monotonic() + 1
        for error, answered in [(ConnectionRefusedError, True), (TimeoutError, False), (OSError, False)]:
            with self.subTest(error), mock.patch("socket.create_connection", side_effect=error):
                self.assertEqual(failover_signs.answers("10.90.0.1", 5432, soon), answered)


class Rounds(Clock):
    def setUp(self):
        super().setUp()
        config = {
            "name": "b",
            "scope": "demo",
            "nodes": {"a": "10.90.0.1", "b": "10.90.0.2", "c": "10.90.0.3"},
            "etcd": [],
            "ports": {"postgres": 5432, "patroni": 8008},
            "suspectAfter": 3,
            "ttl": 20,
            "fenceFor": 30,
        }
        with mock.patch("failover_guard.nft"):
            self.guard = Guard(config)
        self.guard.etcd = self.etcd = mock.Mock()
        self.replica = 3, 100
        self.enterContext(mock.patch("failover_guard.own_replica", lambda *_: self.replica))
        self.standing = []
        self.guard.fence = self.fence = mock.Mock(addresses=lambda: self.standing)
        self.sees("a", claims={"b": Claim(Term("a", 7, 3), False), "c": Claim(Term("a", 7, 3), False)})
        self.guard.signs.watch("10.90.0.1")
        self.goes_on(3.5)
        self.guard.signs.missed = self.now

    def sees(self, holder, own_copy=None, **changes):
        cluster = Cluster(
            **{"holder": holder, "revision": 7, "mode": "quorum", "sync_leader": holder, "voters": frozenset("bc")}
            | {"ttl": 20, "quorum": 1, "members": frozenset("abc")}
            | changes
        )
        copy = Cluster(holder=own_copy or holder)
        self.etcd.read.side_effect = lambda own_copy=False: (copy if own_copy else cluster, ["as it was read"])

    def test_fences_what_all_miss(self):
        self.fence.raise_against.side_effect = self.standing.append
        self.guard.look()
        self.assertEqual(self.standing, ["10.90.0.1"])
        self.etcd.claim.assert_called_once_with("b", Claim(Term("a", 7, 3), True))

    def test_a_fence_is_as_old_as_its_command(self):
        began = self.now
        self.fence.raise_against.side_effect = lambda _: self.goes_on(8)
        self.guard.look()
        self.assertEqual(self.guard.fenced[2], began)

    def test_no_claim_without_a_fence(self):
        self.fence.raise_against.side_effect = OSError("nft")
        with self.assertRaises(OSError):
            self.guard.look()
        self.etcd.claim.assert_not_called()

    def test_silence_of_one_node_is_none_of_another(self):
        self.sees("c", own_copy="a")
        self.guard.look()
        self.etcd.claim.assert_not_called()
        self.fence.raise_against.assert_not_called()

    def test_a_flushed_packet_filter_ends_the_fence(self):
        self.fence.raise_against.side_effect = self.standing.append
        self.guard.look()
        self.standing.clear()
        self.guard.look()
        self.etcd.delete_leader.assert_not_called()
        self.etcd.withdraw.assert_called()

    def test_wal_that_arrives_is_a_sign_of_life(self):
        self.guard.received = 90
        self.guard.look()
        self.fence.raise_against.assert_not_called()
        self.etcd.claim.assert_not_called()

    def test_a_longer_lease_is_left_alone(self):
        self.sees("a", claims={"b": Claim(Term("a", 7, 3), False), "c": Claim(Term("a", 7, 3), False)}, ttl=45)
        self.guard.look()
        self.fence.raise_against.assert_not_called()

    def test_an_old_reading_deletes_nothing(self):
        self.fence.raise_against.side_effect = self.standing.append
        self.guard.look()
        fenced = Claim(Term("a", 7, 3), True)
        self.sees("a", claims={"b": fenced, "c": fenced})
        for age, deletions in [(1.5, 0), (0.2, 1)]:
            with self.subTest(age=age):
                self.etcd.claim.side_effect = lambda *_, age=age: self.goes_on(age)
                self.guard.claimed = None
                self.guard.look()
                self.assertEqual(self.etcd.delete_leader.call_count, deletions)


if __name__ == "__main__":
    unittest.main()
