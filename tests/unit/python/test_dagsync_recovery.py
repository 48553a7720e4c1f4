"""Whom a node asks for what a power cut has interrupted there, and whom it offers what has come.
tests/unit/dagsync.programs.test.ts runs it."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
from dagsync_recovery import Recovery, to_ask_for


class Recovering(unittest.TestCase):
    """One file, which both peers are asked for."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.file = Path(place.name) / "dag.py"
        self.path = str(self.file)
        self.now = 100
        self.enterContext(mock.patch("time.monotonic", lambda: self.now))
        self.recovery = Recovery([self.path], {"left": {self.path}, "right": {self.path}})
        self.now += 6

    def asks(self):
        return [address for address in ["left", "right"] if self.recovery.to_ask(address) == {self.path}]

    def offers(self):
        return [address for address in ["left", "right"] if self.recovery.to_offer(address) == {self.path}]

    def test_each_peer_is_asked_once(self):
        self.assertEqual((self.asks(), self.offers()), (["left", "right"], []))
        self.recovery.asked("left", {self.path})
        self.assertEqual(self.asks(), ["right"])

    def test_what_has_come_is_offered_to_both_and_nobody_is_asked_for_it_though_it_is_deleted_then(self):
        self.file.touch()
        self.assertEqual((self.asks(), self.offers()), ([], ["left", "right"]))
        self.file.unlink()
        self.assertEqual(self.asks(), [])

    def test_what_a_peer_has_sent_nobody_is_asked_for(self):
        self.recovery.heard([self.path, "another.py"])
        self.assertEqual(self.asks(), [])

    def test_what_a_peer_has_deleted_is_offered_to_nobody(self):
        self.recovery.heard([self.path])
        self.file.touch()
        self.assertEqual(self.offers(), [])

    def test_who_was_offered_another_version_is_offered_the_next_one_until_both_have_answered(self):
        self.file.touch()
        self.recovery.settled("left", {self.path})
        self.assertEqual(self.offers(), ["right"])
        self.recovery.changed([self.path, "another.py"])
        # What a peer owes itself comes first.
        self.assertEqual(self.offers(), [])
        self.assertEqual(self.recovery.here("left"), {self.path})
        self.now += 6
        self.assertEqual(self.offers(), ["left", "right"])
        for address in ["left", "right"]:
            self.recovery.settled(address, {self.path})
        self.recovery.changed([self.path])
        self.assertEqual(self.offers(), [])

    def test_who_was_still_owed_it_is_not_asked_if_another_one_has_more(self):
        pairs = {"left": mock.Mock(owed=lambda: {"b.py"}), "right": mock.Mock(owed=lambda: {"b.py", "c.py", "d.py"})}
        asked = to_ask_for({"a.py", "b.py", "c.py"}, pairs)
        self.assertEqual(asked, {"left": {"a.py", "b.py", "c.py"}, "right": {"a.py", "b.py"}})


unittest.main()
