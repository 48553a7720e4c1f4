"""What one peer is sent and told of, with a csync2 that writes down how it was called. tests/unit/dagsync.programs.test.ts
runs it."""

import os
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import dagsync_peer
from dagsync_peer import Peer

# Makes a database with csync2's tables; what it answers to -u and -T is in files.
CSYNC2 = f"""#!/bin/sh
case "$*" in
*-M*) exec {sys.executable} -B {Path(__file__).parent}/csync2_database.py "$2" ;;
esac
echo "${{CSYNC2_SYSTEM_DIR##*/}} $*" >>"$PLACE/calls"
case "$*" in
*-u* | *-T*) cat "$PLACE/answer"; eval "$(cat "$PLACE/code")" ;;
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
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        environment = {"PATH": f"{self.place}:{os.environ['PATH']}", "PLACE": str(self.place)}
        self.enterContext(mock.patch.dict(os.environ, environment))
        self.enterContext(mock.patch.object(dagsync_peer, "RETRY", 0.1))
        self.enterContext(mock.patch("builtins.print", lambda *said, **_: self.journal.append(" ".join(said))))
        self.journal, self.status, self.lacks = [], [], []
        settings = {"PORT": str(listener.getsockname()[1]), "DAGS": "/dags", "STATE": str(self.place / "state")}
        # Nobody takes batches unless a test says so.
        settings |= {"CONFIG": "/config", "BATCH_PORT": "1", "KEY": "secret"}
        status = mock.Mock(set=lambda *said: self.status.append(said), lacks=lambda _, lacks: self.lacks.append(lacks))
        self.peer = Peer("other", "127.0.0.1", settings, status)
        self.owes("/dags/a")

    def answers(self, code, text=""):
        (self.place / "answer").write_text(text)
        (self.place / "code").write_text(f"exit {code}" if isinstance(code, int) else code)

    def owes(self, *paths):
        with self.peer.pair.database() as database:
            database.execute("DELETE FROM dirty")
        self.peer.pair.note(dict.fromkeys(paths), owed=True)

    def calls(self):
        """Without what they have in common, and what they were asked for first."""
        state = f"-D {self.place / 'state' / '127.0.0.1'} -B "
        calls = self.place / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        calls.write_text("")
        self.assertTrue(all(line.startswith(f"127.0.0.1 {state}") for line in lines), lines)
        return [line.split(state)[1] for line in lines]

    def test_who_is_owed_nothing_is_not_called(self):
        self.owes()
        with mock.patch("socket.create_connection", side_effect=AssertionError):
            self.peer.send()
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.status[-1], ("other", 0, None))

    def test_what_it_does_not_take_is_counted_and_tried_again(self):
        self.answers(1, "connection refused\n")
        self.owes("/dags/a", "/dags/b c")
        self.peer.send()
        self.assertEqual(self.status[-1][:2], ("other", 2))
        self.assertEqual(self.journal, [])
        since = self.status[-1][2]
        self.assertAlmostEqual(since, time.time(), delta=60)
        self.peer.send()
        self.assertEqual(self.journal, ["not all changes are on other yet: connection refused"])
        self.assertEqual(self.status[-1], ("other", 2, since))
        self.answers(0)
        self.calls()
        self.peer.send()
        self.assertEqual(self.calls(), ["-v -u -P other /dags/b c /dags/a"])
        self.assertEqual(self.status[-1], ("other", 0, None))
        self.assertEqual(self.journal[1:], ["other is up to date again"])

    def test_a_silent_peer_costs_an_attempt_to_connect(self):
        with mock.patch("socket.create_connection", side_effect=TimeoutError):
            self.peer.send()
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.status[-1][:2], ("other", 1))

    def test_what_is_in_a_folder_goes_before_it_and_comes_after_it(self):
        place = self.place / "dags"
        (place / "new").mkdir(parents=True)
        (place / "new" / "x").write_text("")
        names = ["gone", "gone/y", "new", "new/x"]
        self.owes(*(f"{place}/{name}" for name in names))
        self.peer.send()
        self.assertEqual(self.calls(), [f"-v -u -P other {place}/gone/y {place}/gone {place}/new {place}/new/x"])

    def test_what_it_cannot_take_does_not_keep_the_others_here(self):
        self.owes("/dags/a", "/dags/b", "/dags/c")
        stays = "File stays in dirty state. Try again later..."
        self.answers(1, f"Updating /dags/c on other ...\nDeleting /dags/b on other ...\n{stays}\nFinished with 1 errors.\n")
        with mock.patch.object(dagsync_peer, "TRANSFERRED", 2):
            self.peer.send()
            self.assertEqual(self.calls(), ["-v -u -P other /dags/c /dags/b", "-v -u -P other /dags/a"])
            self.peer.send()
        self.assertRegex(self.journal[-1], "it does not take /dags/b$")

    def differs(self, *lines):
        me = socket.gethostname()
        self.answers(0, "".join(f"{kind}\t{me}\tother\t{path}\n" for kind, path in lines))

    def test_what_stays_different_is_sent_though_another_node_was_to(self):
        path = self.place / "a"
        path.write_text("whole")
        self.owes()
        self.differs(("X", path), ("R", "/dags/there"), ("L", "/dags/gone"))
        offered = []
        for at in [0, dagsync_peer.NOBODY - 1, dagsync_peer.NOBODY + 1, dagsync_peer.NOBODY + 2]:
            self.peer.compare(at)
            offered.append(self.peer.contested)
        self.assertEqual(offered, [set(), set(), {str(path)}, {str(path)}])
        self.assertEqual(len(self.journal), 1)
        # It would be sent without a question after a restart.
        self.assertEqual(self.peer.pair.owed(), set())
        # csync2 would replace a younger version that is there: without the peer's dag-sync it has to wait.
        self.calls()
        self.peer.send()
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.status[-1][:2], ("other", 1))
        self.assertTrue(self.peer.news)
        path.write_text("another one")
        self.peer.compare(dagsync_peer.NOBODY + 3)
        self.assertEqual(self.peer.contested, set())

    def test_this_node_lacks_what_was_different_the_last_time_too(self):
        self.owes()
        for lines in [[("R", "/dags/a")], [("R", "/dags/b")], [("R", "/dags/b")], []]:
            self.differs(*lines)
            self.peer.compare(0)
        self.assertEqual(self.lacks, [False, False, True, False])

    def test_who_lacks_nothing_is_level(self):
        for kind, owed, level in [("R", [], False), ("L", [], False), ("L", ["/dags/a"], True), ("", [], True)]:
            with self.subTest(kind=kind, owed=owed):
                self.owes(*owed)
                self.differs(*[(kind, "/dags/a")] if kind else [])
                self.assertEqual(self.peer.is_level(), level)
        with mock.patch("socket.create_connection", side_effect=TimeoutError):
            self.assertTrue(self.peer.is_level())

    def test_an_endless_transfer_is_ended_and_its_conflicts_are_named(self):
        won = "Auto-resolving conflict: Won 'younger/older' test."
        self.answers("exec sleep 30", f"Updating /dags/a on other ...\n{won}\n")
        with mock.patch.object(dagsync_peer, "TRANSFER", 0.5):
            self.peer.send()
            self.peer.send()
        self.assertRegex(self.journal[0], "^/dags/a: changed here and on other")
        self.assertRegex(self.journal[2], "it is slow, or silent")

    def test_nothing_is_sent_while_somebody_writes_it(self):
        path = self.place / "a.py"
        path.write_text("whole")
        self.owes(str(path), "/dags/gone")
        with open(path, "a"):
            self.peer.send()
        self.assertEqual(self.calls(), ["-v -u -P other /dags/gone"])
        self.assertEqual(self.status[-1][:2], ("other", 2))
        self.peer.send()
        self.assertEqual(self.calls(), [f"-v -u -P other /dags/gone {path}"])

    def test_whoever_opens_what_is_being_sent_waits_for_a_moment_and_it_is_not_sent(self):
        path = self.place / "a.py"
        path.write_text("whole")
        self.owes(str(path))
        ready = self.place / "ready"
        self.peer.behind = 1  # it is not the first attempt, of which nothing is said
        self.answers(f"touch {ready}; exec sleep 30")
        sending = threading.Thread(target=self.peer.send)
        sending.start()
        while not ready.exists():
            time.sleep(0.01)
        began = time.monotonic()
        with open(path, "a"):
            self.assertLess(time.monotonic() - began, 5)
            sending.join(20)
        self.assertEqual(self.status[-1][:2], ("other", 1))
        self.assertEqual(self.journal, ["not all changes are on other yet: files are being written"])

    def test_what_another_file_takes_the_place_of_while_it_is_sent_is_still_owed(self):
        path = self.place / "a.py"
        path.write_text("one")
        self.owes(str(path))
        # csync2 forgets the debt at the end.
        self.answers(f"echo other >{path}.new; mv {path}.new {path}; exec {sys.executable} -B {__file__} forget {self.place}")
        self.peer.send()
        self.assertEqual(self.peer.pair.owed(), {str(path)})

    def test_one_that_takes_too_long_does_not_keep_the_others_here(self):
        self.owes("/dags/a", "/dags/b", "/dags/c")
        self.answers("exec sleep 30")
        with mock.patch.object(dagsync_peer, "TRANSFER", 0.2):
            self.peer.send()
        self.assertEqual(self.calls()[-1], "-v -u -P other /dags/a")
        self.assertEqual(self.status[-1][:2], ("other", 3))

    def test_a_comparison_that_fails_says_nothing(self):
        self.owes()
        self.differs(("R", "/dags/a"))
        self.peer.compare(0)
        self.peer.compare(0)
        self.answers(1)
        self.peer.compare(0)
        self.assertEqual(self.lacks, [False, True])
        self.assertFalse(self.peer.is_level())

    def test_a_conflict_is_named_with_its_file_and_the_others_get_the_winner(self):
        third = mock.Mock()
        self.peer.others = [third]
        won = "Auto-resolving conflict: Won 'younger/older' test."
        self.answers(0, f"Updating /dags/x on other ...\nUpdating /dags/a b on other ...\n{won}\n")
        self.peer.send()
        self.assertEqual(len(self.journal), 1)
        self.assertRegex(self.journal[0], "^/dags/a b: changed here and on other")
        third.pair.owe.assert_called_once_with(["/dags/a b"])
        third.wake.assert_called_once_with()

    def test_a_tie_goes_to_the_first_in_the_alphabet_after_a_while(self):
        lost = "Do not auto-resolve conflict: Lost 'younger/older' test."
        said = "".join(f"Updating /dags/{name} on other ...\n{lost}\n" for name in "ab")
        self.answers(1, said)
        self.owes("/dags/a", "/dags/older")
        third = mock.Mock()
        self.peer.others = [third]
        for name, forced in [("zebra", []), ("ant", ["-f /dags/a"])]:
            with self.subTest(name), mock.patch("socket.gethostname", return_value=name):
                self.peer.tied = {"/dags/a": time.monotonic() - dagsync_peer.TIE - 1, "/dags/gone": 0}
                self.peer.send()
                self.assertEqual(self.calls()[1:], forced)
                self.assertEqual("/dags/a" in self.peer.tied, not forced)
                self.assertEqual(third.pair.owe.called, bool(forced))
                # With all that protects a transfer.
                self.peer.send()
                self.assertRegex(self.calls()[0], "^-v -u -P other .*/dags/a")


if __name__ == "__main__":
    if sys.argv[1:2] == ["forget"]:
        with sqlite3.connect(f"{sys.argv[2]}/state/127.0.0.1/{socket.gethostname()}.db3") as database:
            database.execute("DELETE FROM dirty")
    else:
        unittest.main()
