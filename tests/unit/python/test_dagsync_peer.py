"""What one peer is sent and told of, with a csync2 that writes down how it was called. tests/unit/dagsync.programs.test.ts
runs it."""

import os
import socket
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import dagsync_peer
from dagsync_changes import Change
from dagsync_peer import Peer

# What it answers to -u and to -M is in files.
CSYNC2 = """#!/bin/sh
echo "${CSYNC2_SYSTEM_DIR##*/} $*" >>"$PLACE/calls"
case "$*" in
*-u*) cat "$PLACE/answer"; exit "$(cat "$PLACE/code")" ;;
*-M*) cat "$PLACE/owed" ;;
esac
"""


class Sending(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        (self.place / "state" / "127.0.0.1").mkdir(parents=True)
        (self.place / "csync2").write_text(CSYNC2)
        (self.place / "csync2").chmod(0o755)
        self.answers(0)
        (self.place / "owed").write_text("")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        environment = {"PATH": f"{self.place}:{os.environ['PATH']}", "PLACE": str(self.place)}
        self.enterContext(mock.patch.dict(os.environ, environment))
        self.enterContext(mock.patch.object(dagsync_peer, "RETRY", 0.1))
        self.enterContext(mock.patch("builtins.print", lambda *said, **_: self.journal.append(" ".join(said))))
        self.journal, self.status = [], []
        settings = {"PORT": str(listener.getsockname()[1]), "DAGS": "/dags", "STATE": str(self.place / "state")}
        settings["CONFIG"] = "/config"
        self.peer = Peer("other", "127.0.0.1", settings, lambda *said: self.status.append(said))
        self.peer.everything = False

    def answers(self, code, text=""):
        (self.place / "answer").write_text(text)
        (self.place / "code").write_text(str(code))

    def calls(self):
        """Without what they have in common, and what they were asked for first."""
        state = f"-D {self.place / 'state' / '127.0.0.1'} -B "
        lines = (self.place / "calls").read_text().splitlines()
        (self.place / "calls").write_text("")
        self.assertTrue(all(line.startswith(f"127.0.0.1 {state}") for line in lines), lines)
        return [line.split(state)[1] for line in lines]

    def test_each_kind_of_change_is_noted_in_its_own_way(self):
        self.peer.serve([Change("/dags/a"), Change("/dags/b", tree=True), Change("/dags/c", hidden=True)], False)
        self.assertEqual(self.calls(), ["-m /dags/c", "-cr /dags/b", "-c /dags/a", "-v -u -P other"])
        self.assertEqual(self.status[-1][:2], ("other", 0))

    def test_all_is_looked_at_once(self):
        self.peer.serve([], True)
        self.assertEqual(self.calls(), ["-cr /dags", "-v -u -P other"])

    def test_what_it_does_not_take_is_counted_and_tried_again_without_a_change(self):
        self.answers(1, "connection refused\n")
        (self.place / "owed").write_text("chary\tme\tother\t/dags/a\nchary\tme\tother\t/dags/b\n")
        self.peer.serve([Change("/dags/a")], False)
        self.assertEqual(self.status[-1][:2], ("other", 2))
        self.assertEqual(self.journal, ["not all changes are on other yet: connection refused"])
        since = self.status[-1][2]
        self.assertAlmostEqual(since, time.time(), delta=60)
        self.peer.serve(*self.peer.take())
        self.assertEqual(self.status[-1], ("other", 2, since))
        self.answers(0)
        self.calls()
        self.peer.serve(*self.peer.take())
        self.assertEqual(self.calls(), ["-v -u -P other"])
        self.assertEqual(self.status[-1], ("other", 0, None))
        self.assertEqual(self.journal[1:], ["other is up to date again"])

    def test_a_silent_peer_costs_an_attempt_to_connect(self):
        self.peer.behind = 1
        with mock.patch("socket.create_connection", side_effect=TimeoutError):
            self.peer.serve([Change("/dags/a")], False)
        self.assertNotIn("-v -u -P other", self.calls())
        self.assertEqual(self.status[-1][:2], ("other", 1))

    def test_what_cannot_be_noted_now_is_noted_later(self):
        change = Change("/dags/a")
        with mock.patch.object(self.peer, "look", return_value=False):
            self.peer.serve([change], True)
        self.peer.tell([Change("/dags/b")])
        self.assertEqual(self.peer.take(), ([change, Change("/dags/b")], True))

    def test_a_conflict_is_named_with_its_file(self):
        won = "Auto-resolving conflict: Won 'younger/older' test."
        self.answers(0, f"Updating /dags/x on other ...\nUpdating /dags/a on other ...\n{won}\n")
        self.peer.serve([Change("/dags/a")], False)
        self.assertEqual(len(self.journal), 1)
        self.assertRegex(self.journal[0], "^/dags/a: changed here and on other")

    def test_a_tie_goes_to_the_first_in_the_alphabet_after_a_while(self):
        self.answers(1, "Do not auto-resolve conflict: Lost 'younger/older' test.\n")
        (self.place / "owed").write_text("chary\tme\tother\t/dags/a\n")
        for name, forced in [("zebra", []), ("ant", ["-f /dags/a"])]:
            with self.subTest(name), mock.patch("socket.gethostname", return_value=name):
                self.peer.tied = time.monotonic() - dagsync_peer.TIE - 1
                self.peer.send()
                self.assertEqual([call for call in self.calls() if call.startswith("-f")], forced)


if __name__ == "__main__":
    unittest.main()
