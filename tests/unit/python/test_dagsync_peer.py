"""What one peer is sent and told of, with a csync2 that writes down how it was called. tests/unit/dagsync.programs.test.ts
runs it."""

import contextlib
import fcntl
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
from dagsync_changes import Change, Version
from dagsync_peer import Peer, encoded

# What it answers to -u is in files.
CSYNC2 = """#!/bin/sh
echo "${CSYNC2_SYSTEM_DIR##*/} $*" >>"$PLACE/calls"
case "$*" in
*-u*) cat "$PLACE/answer"; eval "$(cat "$PLACE/code")" ;;
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
        self.journal, self.status = [], []
        settings = {"PORT": str(listener.getsockname()[1]), "DAGS": "/dags", "STATE": str(self.place / "state")}
        settings["CONFIG"] = "/config"
        self.peer = Peer("other", "127.0.0.1", settings, lambda *said: self.status.append(said))
        self.peer.everything = False
        with contextlib.closing(sqlite3.connect(self.peer.database)) as database:
            database.execute("CREATE TABLE file (filename, checktxt)")
            database.execute("CREATE TABLE dirty (filename, forced, myname, peername)")
        self.owes("/dags/a")

    def answers(self, code, text=""):
        (self.place / "answer").write_text(text)
        (self.place / "code").write_text(f"exit {code}" if isinstance(code, int) else code)

    def owes(self, *paths):
        with contextlib.closing(sqlite3.connect(self.peer.database)) as database:
            database.execute("DELETE FROM dirty")
            database.executemany("INSERT INTO dirty VALUES (?, 0, 'me', 'other')", [(encoded(path),) for path in paths])
            database.commit()

    def calls(self):
        """Without what they have in common, and what they were asked for first."""
        state = f"-D {self.place / 'state' / '127.0.0.1'} -B "
        lines = (self.place / "calls").read_text().splitlines()
        (self.place / "calls").write_text("")
        self.assertTrue(all(line.startswith(f"127.0.0.1 {state}") for line in lines), lines)
        return [line.split(state)[1] for line in lines]

    def test_each_kind_of_change_is_noted_in_its_own_way(self):
        self.peer.serve([Change("/dags/a"), Change("/dags/b", tree=True), Change("/dags/c", hidden=True)], False)
        self.assertEqual(self.calls(), ["-m /dags/c", "-cr /dags/b", "-c /dags/a", "-v -u -P other /dags/a"])
        self.assertEqual(self.status[-1][:2], ("other", 0))

    def test_all_is_looked_at_once(self):
        self.peer.serve([], True)
        self.assertEqual(self.calls(), ["-cr /dags", "-v -u -P other /dags/a"])

    def test_what_it_does_not_take_is_counted_and_tried_again_without_a_change(self):
        self.answers(1, "connection refused\n")
        self.owes("/dags/a", "/dags/b c")
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
        self.assertEqual(self.calls(), ["-v -u -P other /dags/a /dags/b c"])
        self.assertEqual(self.status[-1], ("other", 0, None))
        self.assertEqual(self.journal[1:], ["other is up to date again"])

    def test_a_silent_peer_costs_an_attempt_to_connect(self):
        self.peer.behind = 1
        with mock.patch("socket.create_connection", side_effect=TimeoutError):
            self.peer.serve([Change("/dags/a")], False)
        self.assertEqual(self.calls(), ["-c /dags/a"])
        self.assertEqual(self.status[-1][:2], ("other", 1))

    def test_what_cannot_be_noted_now_is_noted_later_and_said(self):
        change = Change("/dags/a")
        (self.place / "csync2").write_text("#!/bin/sh\necho no room; exit 1\n")
        began = time.monotonic()
        self.peer.serve([change], True)
        self.assertGreater(time.monotonic() - began, dagsync_peer.RETRY)
        self.peer.tell([Change("/dags/b")])
        self.assertEqual(self.peer.take(), ([change, Change("/dags/b")], True))
        self.assertRegex(self.journal[-1], "not all changes are on other yet: csync2 cannot look through /dags: no room")

    def test_a_transfer_from_there_is_waited_for(self):
        with (
            mock.patch.object(dagsync_peer, "LOCK", 0.1),
            open(self.place / "state" / "127.0.0.1" / "receiving", "w") as file,
        ):
            fcntl.flock(file, fcntl.LOCK_SH)
            self.peer.serve([Change("/dags/a")], False)
        self.assertRegex(self.journal[-1], "a transfer from there goes on")

    def test_an_endless_transfer_is_ended_and_its_conflicts_are_named(self):
        won = "Auto-resolving conflict: Won 'younger/older' test."
        self.answers("exec sleep 30", f"Updating /dags/a on other ...\n{won}\n")
        with mock.patch.object(dagsync_peer, "TRANSFER", 0.5):
            self.peer.send()
        self.assertRegex(self.journal[0], "^/dags/a: changed here and on other")
        self.assertRegex(self.journal[1], "it is slow, or silent")

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

    def test_a_conflict_is_named_with_its_file(self):
        won = "Auto-resolving conflict: Won 'younger/older' test."
        self.answers(0, f"Updating /dags/x on other ...\nUpdating /dags/a b on other ...\n{won}\n")
        self.peer.serve([Change("/dags/a")], False)
        self.assertEqual(len(self.journal), 1)
        self.assertRegex(self.journal[0], "^/dags/a b: changed here and on other")

    def test_a_tie_goes_to_the_first_in_the_alphabet_after_a_while(self):
        lost = "Do not auto-resolve conflict: Lost 'younger/older' test."
        said = "".join(f"Updating /dags/{name} on other ...\n{lost}\n" for name in "ab")
        self.answers(1, said)
        self.owes("/dags/a", "/dags/older")
        for name, forced in [("zebra", []), ("ant", ["-f /dags/a"])]:
            with self.subTest(name), mock.patch("socket.gethostname", return_value=name):
                self.peer.tied = {"/dags/a": time.monotonic() - dagsync_peer.TIE - 1, "/dags/gone": 0}
                self.peer.send()
                self.assertEqual([call for call in self.calls() if call.startswith("-f")], forced)

    def test_who_has_sent_a_version(self):
        with contextlib.closing(sqlite3.connect(self.peer.database)) as database:
            text = "v1%3Amtime=1000%3Amode=33188%3Atype=reg%3Asize=3"
            database.execute("INSERT INTO file VALUES (?, ?)", ("/dags/a%20b%3A", text))
            database.commit()
        self.assertTrue(self.peer.has_sent("/dags/a b:", Version(1000 * 10**9, 3, 0)))
        self.assertFalse(self.peer.has_sent("/dags/a b:", Version(100 * 10**9, 3, 0)))
        self.assertFalse(self.peer.has_sent("/dags/other", Version(1000 * 10**9, 3, 0)))


if __name__ == "__main__":
    unittest.main()
