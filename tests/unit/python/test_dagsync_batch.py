"""What one node sends to another one without csync2, over a real connection, and what the other one takes of it.
tests/unit/dagsync.programs.test.ts runs it."""

import contextlib
import errno
import fcntl
import os
import socket
import stat
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import dagsync_batch
import dagsync_peer
from csync2_database import make
from dagsync_leases import Leases
from dagsync_pair import Pair, version_of
from dagsync_peer import Peer
from dagsync_recovery import Recovery
from dagsync_take import Receiver

KEY = "of all nodes"


class Sending(unittest.TestCase):
    """`here` sends to `there`; each has a folder and a database of the pair."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.here, self.there = self.place / "here", self.place / "there"
        self.backup = str(self.place / "backup")
        for folder in [self.here, self.there, self.place / "state" / "127.0.0.1", self.place / "receiver"]:
            folder.mkdir(parents=True)
        make(self.place / "state" / "127.0.0.1")
        make(self.place / "receiver")
        self.received = Pair("here", str(self.place / "receiver"))
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.journal = []
        self.enterContext(mock.patch("builtins.print", lambda *said, **_: self.journal.append(" ".join(map(str, said)))))
        pairs, alone = {"127.0.0.1": self.received}, contextlib.nullcontext
        self.woken = threading.Event()
        more = [lambda path: "/.secret" in path, alone, self.backup, {"127.0.0.1": self.woken.set}]
        self.recovery = Recovery([], {"127.0.0.1": set()})
        self.receiver = Receiver(server, KEY, str(self.there), pairs, *more, self.recovery)
        self.receiver.start()
        settings = {"PORT": "1", "BATCH_PORT": str(server.getsockname()[1]), "KEY": KEY, "DAGS": str(self.here)}
        settings |= {"CONFIG": "/config", "STATE": str(self.place / "state")}
        with mock.patch.object(Peer, "ran"):
            self.peer = Peer("there", "127.0.0.1", settings, mock.Mock())

    def save(self, folder, name, text, at=1000):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at + 0.5, at + 0.5))
        return str(path)

    def owes(self, *names):
        self.peer.pair.note({(path := f"{self.here}/{name}"): version_of(path) for name in names}, owed=True)

    def wants(self, *names):
        """What a power cut has interrupted here."""
        paths = {f"{self.here}/{name}" for name in names}
        self.peer.recovery = Recovery(paths, {"127.0.0.1": set(paths)})
        self.peer.recovery.came = dict.fromkeys(paths, 0)

    def owed(self):
        """After an attempt."""
        self.assertIsNone(self.peer.send_batches(set(), set()))
        return {os.path.relpath(path, self.here) for path in self.peer.pair.owed()}

    def agreed(self, name, text):
        """Both have it, and each has noted that."""
        for folder, pair in [(self.here, self.peer.pair), (self.there, self.received)]:
            path = self.save(folder, name, text)
            pair.note({path: version_of(path)}, owed=False)

    def test_files_folders_links_modes_and_deletions_arrive_and_are_noted(self):
        self.agreed("old/gone.py", "gone")
        self.received.note({f"{self.there}/old": version_of(self.there / "old")}, owed=False)
        (self.there / "old" / "__pycache__").mkdir()
        (self.here / "old" / "gone.py").unlink()
        (self.here / "old").rmdir()
        self.save(self.here, "new/a.py", "a" * 5000)
        os.chmod(self.here / "new" / "a.py", 0o640)
        os.symlink("a.py", self.here / "new" / "link")
        names = ["old/gone.py", "old", "new", "new/a.py", "new/link"]
        self.owes(*names)
        self.assertEqual(self.owed(), set())
        self.assertEqual(sorted(os.listdir(self.there)), ["new"])
        self.assertEqual((self.there / "new" / "a.py").read_text(), "a" * 5000)
        self.assertEqual(os.readlink(self.there / "new" / "link"), "a.py")
        for name in names:
            here, there = version_of(self.here / name), version_of(self.there / name)
            self.assertEqual(here, there)
            self.assertEqual(self.received.versions([f"{self.there}/{name}"]).get(f"{self.there}/{name}"), here)
        self.assertEqual(self.received.owed(), set())

    def test_a_file_is_there_as_a_whole_before_it_has_its_name(self):
        self.agreed("a.py", "old")
        self.save(self.here, "a.py", "new")
        self.owes("a.py")
        seen = []

        def replaced(source, target):
            seen.append((Path(source).read_text(), Path(target).read_text()))
            os.rename(source, target)

        with mock.patch("os.replace", replaced):
            self.assertEqual(self.owed(), set())
        self.assertEqual(seen, [("new", "old")])

    def test_what_was_changed_there_too_is_left_to_csync2(self):
        for name in ["owed.py", "unnoted.py", "deleted.py", "hidden.py"]:
            self.agreed(name, "old")
            self.save(self.here, name, "new!", at=2000)
        self.received.owe([f"{self.there}/owed.py"])
        self.save(self.there, "unnoted.py", "theirs", at=3000)
        (self.there / "deleted.py").unlink()
        self.save(self.there, "hidden.py", "diff", at=2000)  # as long and as old as the one that comes
        self.save(self.here, "fine.py", "new")
        names = ["owed.py", "unnoted.py", "deleted.py", "hidden.py"]
        self.owes(*names, "fine.py")
        self.assertEqual(self.owed(), set(names))
        self.assertEqual((self.there / "unnoted.py").read_text(), "theirs")
        self.assertEqual((self.there / "hidden.py").read_text(), "diff")
        self.assertFalse((self.there / "deleted.py").exists())

    def test_of_what_nobody_was_to_send_the_younger_version_is_not_replaced(self):
        for name in ["older.py", "younger.py", "as_old.py", "same.py"]:
            self.agreed(name, "old")
        self.save(self.here, "older.py", "old here", at=1000)
        self.save(self.here, "younger.py", "new here", at=3000)
        self.save(self.here, "as_old.py", "here", at=2000)
        self.save(self.here, "same.py", "same", at=2000)
        for name in ["older.py", "younger.py", "as_old.py", "same.py"]:
            # What a third node has sent: noted, and owed to nobody.
            path = self.save(self.there, name, "same" if name == "same.py" else "of a third node", at=2000)
            self.received.note({path: version_of(path)}, owed=False)
        large = self.save(self.here, "large.py", "a" * (dagsync_batch.CONTENTS + 1))
        names = ["older.py", "younger.py", "as_old.py", "same.py"]
        self.peer.contested = {*(f"{self.here}/{name}" for name in names), large}
        self.assertEqual(self.owed(), {"older.py", "as_old.py"})
        # Nobody can be asked about that one, so it is not owed either.
        self.assertEqual(self.peer.contested, {large})
        # Both owe them now, and csync2 sees that.
        self.assertEqual(self.received.owed(), {f"{self.there}/older.py", f"{self.there}/as_old.py"})
        self.assertEqual((self.there / "older.py").read_text(), "of a third node")
        self.assertEqual((self.there / "younger.py").read_text(), "new here")

    def test_what_this_node_wants_is_owed_to_it(self):
        self.agreed("dag.py", "as it was")
        os.unlink(self.here / "dag.py")
        self.wants("dag.py", "nobody's.py", "../outside.py")
        self.peer.recovery.unsettled["127.0.0.1"].clear()  # the folder above is the same here and there
        self.save(self.place, "outside.py", "of another folder")
        self.assertEqual(self.owed(), set())
        self.assertEqual(self.received.owed(), {f"{self.there}/dag.py"})
        self.assertEqual(self.peer.wanted, set())
        self.assertTrue(self.woken.wait(5))

    def test_more_than_one_message_says_is_wanted_all_the_same(self):
        names = [f"dag{number}.py" for number in range(501)]
        for name in names:
            self.save(self.there, name, name)
        self.wants(*names)
        self.assertEqual(self.owed(), set())
        self.assertEqual(self.received.owed(), {f"{self.there}/{name}" for name in names})

    def test_what_is_here_again_is_not_wanted(self):
        self.agreed("dag.py", "from another peer")
        self.wants("dag.py")
        self.assertEqual(self.owed(), set())
        self.assertEqual((self.peer.wanted, self.received.owed()), (set(), set()))

    def test_what_another_peer_has_sent_again_this_one_gets_if_it_has_missed_it(self):
        self.wants("missed.py", "older.py", "younger.py")
        self.save(self.there, "older.py", "before", at=1000)
        self.save(self.there, "younger.py", "after", at=3000)
        self.received.note({path: version_of(path) for path in map(str, self.there.iterdir())}, owed=False)
        for name in ["missed.py", "older.py", "younger.py"]:
            path = self.save(self.here, name, "from another peer", at=2000)
            self.peer.pair.note({path: version_of(path)}, owed=False)
        self.assertEqual(self.owed(), {"younger.py"})
        texts = {path.name: path.read_text() for path in self.there.iterdir()}
        self.assertEqual(texts, {"missed.py": "from another peer", "older.py": "from another peer", "younger.py": "after"})
        self.assertEqual(self.received.owed(), {f"{self.there}/younger.py"})
        self.assertTrue(self.woken.wait(5))
        self.assertEqual(self.peer.recovery.unsettled, {"127.0.0.1": set()})

    def test_what_is_saved_here_meanwhile_is_owed_and_not_offered(self):
        self.agreed("dag.py", "younger")
        self.wants("dag.py")
        self.save(self.here, "dag.py", "restored", at=500)
        self.owes("dag.py")
        self.assertEqual(self.owed(), set())
        self.assertEqual((self.there / "dag.py").read_text(), "restored")

    def test_what_is_too_large_for_a_message_is_not_offered_for_ever(self):
        self.wants("large.py")
        self.save(self.here, "large.py", "text" * 5)
        with mock.patch("dagsync_batch.CONTENTS", 10):
            self.assertEqual(self.owed(), set())
        self.assertEqual((self.peer.contested, self.peer.recovery.unsettled), (set(), {"127.0.0.1": set()}))

    def test_a_peer_that_was_off_gets_what_another_one_has_sent_again(self):
        self.wants("dag.py")
        self.save(self.here, "dag.py", "from another peer")
        self.peer.batch_port, port = 1, self.peer.batch_port
        self.assertEqual(self.owed(), set())
        self.peer.contested = set()  # as a comparison says while it is silent
        self.peer.batch_port = port
        self.assertEqual(self.owed(), set())
        self.assertEqual((self.there / "dag.py").read_text(), "from another peer")

    def test_who_recovers_is_told_what_comes_and_keeps_what_is_younger(self):
        names = ["deleted.py", "missing.py", "older.py", "younger.py"]
        paths = {f"{self.there}/{name}" for name in names}
        self.receiver.recovery = recovery = Recovery(paths, {"127.0.0.1": set(paths), "another": set(paths)})
        self.agreed("deleted.py", "old")
        for folder in [self.here, self.there]:
            (folder / "deleted.py").unlink()
        self.received.note({f"{self.there}/deleted.py": None}, owed=False)
        for name in ["older.py", "younger.py"]:
            path = self.save(self.there, name, "of a third node", at=2000)
            self.received.note({path: version_of(path)}, owed=False)
        for name, at in {"missing.py": 1000, "older.py": 1000, "younger.py": 3000}.items():
            self.save(self.here, name, "of this node", at)
        self.owes(*names)
        self.assertEqual(self.owed(), {"older.py"})
        texts = {path.name: path.read_text() for path in self.there.iterdir()}
        self.assertEqual(texts, {"missing.py": "of this node", "older.py": "of a third node", "younger.py": "of this node"})
        self.assertEqual(self.received.owed(), {f"{self.there}/older.py"})
        self.assertEqual(recovery.wanted["another"], {f"{self.there}/older.py"})
        self.assertEqual(recovery.unsettled["another"], paths - {f"{self.there}/deleted.py"})

    def test_a_peer_that_is_off_is_asked_when_it_is_back(self):
        self.wants("dag.py")
        self.peer.batch_port = 1
        self.assertIsNone(self.peer.send_batches(set(), set()))
        self.assertEqual(self.peer.wanted, {f"{self.here}/dag.py"})

    def test_a_file_system_without_leases(self):
        self.save(self.here, "a.py", "new")
        self.save(self.here, "written.py", "half", at=time.time())
        self.owes("a.py", "written.py")
        real = fcntl.fcntl

        def without(file, what, *argument):
            if what == fcntl.F_SETLEASE:
                raise OSError(errno.EINVAL, "no leases")
            return real(file, what, *argument)

        with mock.patch("fcntl.fcntl", without):
            self.assertEqual(self.owed(), {"written.py"})
        self.assertEqual((self.there / "a.py").read_text(), "new")

    def test_what_an_older_version_replaces_is_kept(self):
        # A third node has sent it there; that this is what both have is known there only.
        path = self.save(self.there, "a.py", "of a third node", at=2000)
        self.received.note({path: version_of(path)}, owed=False)
        self.save(self.here, "a.py", "of before", at=1000)
        self.owes("a.py")
        self.assertEqual(self.owed(), set())
        self.assertEqual((self.there / "a.py").read_text(), "of before")
        self.assertEqual(Path(f"{self.backup}/2000{path}").read_text(), "of a third node")
        kept = [line for line in self.journal if path in line]
        self.assertRegex(kept[0], f"is kept as {self.backup}/2000{path}$")
        self.save(self.here, "a.py", "newer", at=3000)
        self.owes("a.py")
        self.assertEqual(self.owed(), set())
        self.assertEqual([line for line in self.journal if path in line], kept)

    def test_another_folder_in_its_place_is_no_deletion(self):
        self.agreed("a.py", "old")
        self.owes("a.py")
        self.here.rename(self.place / "away")
        self.here.mkdir()
        self.assertIn("another folder", self.peer.send_batches(set(), set()))
        self.assertEqual((self.there / "a.py").read_text(), "old")
        with mock.patch.object(self.peer, "ran", side_effect=AssertionError):
            self.peer.send()

    def test_what_cannot_be_read_is_not_sent_as_deleted(self):
        self.agreed("a.py", "old")
        self.owes("a.py")
        with mock.patch("os.lstat", side_effect=OSError(errno.EIO, "broken disk")):
            self.assertEqual(Leases([f"{self.here}/a.py"]).whole, [])
            self.assertEqual(self.owed(), {"a.py"})
        self.assertEqual((self.there / "a.py").read_text(), "old")

    def test_what_is_there_already_counts(self):
        self.save(self.here, "a.py", "same")
        self.save(self.there, "a.py", "same")
        self.owes("a.py", "gone.py")
        self.assertEqual(self.owed(), set())
        self.assertEqual(self.received.all_paths(), {f"{self.there}/a.py"})

    def test_what_is_changed_here_while_it_is_sent_is_still_owed(self):
        self.save(self.here, "a.py", "one")
        self.owes("a.py")
        send = dagsync_batch.send

        def changed_after(*message):
            taken = send(*message)
            self.save(self.here, "a.py", "two", at=1001)
            return taken

        with mock.patch("dagsync_batch.send", changed_after):
            self.peer.send_batch([f"{self.here}/a.py"])
        self.assertEqual(self.peer.pair.owed(), {f"{self.here}/a.py"})

    def test_what_is_noted_anew_while_it_is_sent_keeps_its_debt(self):
        self.save(self.here, "a.py", "one")
        self.owes("a.py")
        send = dagsync_batch.send

        def noted_after(*message):
            taken = send(*message)
            os.chmod(self.here / "a.py", 0o600)
            self.owes("a.py")
            return taken

        with mock.patch("dagsync_batch.send", noted_after), mock.patch("dagsync_peer.identity", return_value=1):
            self.peer.send_batch([f"{self.here}/a.py"])
        self.assertEqual(self.peer.pair.owed(), {f"{self.here}/a.py"})

    def test_what_somebody_saves_there_while_the_others_are_written_is_not_replaced(self):
        for name in ["a.py", "b.py"]:
            self.agreed(name, "old")
        self.save(self.here, "a.py", "new", at=2000)
        (self.here / "b.py").unlink()
        self.owes("a.py", "b.py")

        def saved(_):
            for name in ["a.py", "b.py"]:
                self.save(self.there, name, "theirs", at=3000)

        with mock.patch("dagsync_take.flush", saved):
            self.assertEqual(self.owed(), {"a.py", "b.py"})
        self.assertEqual([(self.there / name).read_text() for name in ["a.py", "b.py"]], ["theirs", "theirs"])

    def test_of_an_older_message_nothing_comes_after_a_newer_one(self):
        self.save(self.here, "a.py", "old")
        old = dagsync_batch.entries_of(str(self.here), [f"{self.here}/a.py"])
        self.save(self.here, "a.py", "new", at=2000)
        self.owes("a.py")
        with socket.create_connection(("127.0.0.1", self.peer.batch_port)) as slow:
            slow.sendall(b'{"key":')
            self.assertEqual(self.owed(), set())
            with contextlib.suppress(OSError, EOFError):
                slow.sendall(b' "of all nodes", "entries": []}\n')
                self.assertEqual(slow.recv(1), b"")
        self.assertEqual((self.there / "a.py").read_text(), "new")
        connection = mock.Mock()
        with mock.patch.object(dagsync_batch, "receive", return_value=list(old.values())):
            self.receiver.latest["127.0.0.1"] = mock.Mock()
            self.receiver.serve(mock.MagicMock(wraps=connection), "127.0.0.1")
        self.assertEqual((self.there / "a.py").read_text(), "new")

    def test_of_a_sender_that_has_given_up_nothing_is_taken(self):
        """csync2 may have sent a newer version meanwhile."""
        given_up = threading.Event()

        @contextlib.contextmanager
        def alone():
            given_up.wait()
            yield

        self.receiver.alone = alone
        self.save(self.here, "a.py", "old")
        self.owes("a.py")
        with mock.patch.object(dagsync_peer, "TRANSFER", 0.2):
            self.peer.send_batches(set(), set())
        self.assertEqual(len(self.peer.pair.owed()), 1)
        given_up.set()
        for thread in threading.enumerate():
            if thread.name == "127.0.0.1" and thread is not self.peer:
                thread.join()
        self.assertEqual(os.listdir(self.there), [])

    def test_a_peer_whose_answer_is_none_is_left_to_csync2(self):
        self.save(self.here, "a.py", "x")
        self.owes("a.py")
        for said in [b"hello\n", b"3\n", b"[[1]]\n", b"["]:
            with self.subTest(said=said), mock.patch("dagsync_batch.read_line", side_effect=[said]):
                with mock.patch.object(self.receiver, "serve", lambda connection, _: connection.close()):
                    self.assertEqual(self.owed(), {"a.py"})

    def test_a_peer_whose_disk_is_full_gets_it_later_and_not_by_csync2(self):
        self.save(self.here, "a.py", "x")
        self.owes("a.py")
        with mock.patch("dagsync_take.flush", side_effect=OSError(errno.ENOSPC, "no space")):
            self.assertRegex(self.peer.send_batches(set(), set()), "its disk is full")
        self.assertEqual(os.listdir(self.there), [])
        self.assertEqual(self.owed(), set())

    def test_a_link_that_comes_before_what_is_below_it_leads_nowhere(self):
        outside = self.place / "outside"
        outside.mkdir()
        entries = [
            dagsync_batch.Entry("x", stat.S_IFLNK | 0o777, target=str(outside)),
            dagsync_batch.Entry("x/a.py", 0o100644, 1000, 1, contents=b"x"),
        ]
        self.assertEqual(self.receiver.take(self.received, entries), ["x"])
        self.assertEqual(os.listdir(outside), [])

    def test_one_link_that_cannot_be_placed_keeps_no_other_one_here(self):
        (self.there / "folder").mkdir()
        names = ["folder", "second", "third"]
        entries = [dagsync_batch.Entry(name, stat.S_IFLNK | 0o777, target="a") for name in names]
        self.assertEqual(self.receiver.take(self.received, entries), ["second", "third"])

    def test_what_somebody_writes_is_not_sent_and_not_replaced(self):
        self.agreed("there.py", "old")
        self.save(self.here, "there.py", "new", at=2000)
        self.save(self.here, "here.py", "half")
        self.owes("here.py", "there.py")
        with open(self.here / "here.py", "a"), open(self.there / "there.py", "a"):
            self.assertEqual(self.owed(), {"here.py", "there.py"})
        self.assertEqual((self.there / "there.py").read_text(), "old")
        self.assertFalse((self.there / "here.py").exists())

    def test_a_local_change_right_after_is_no_received_version(self):
        self.save(self.here, "a.py", "sent")
        self.owes("a.py")
        place = Receiver.place

        def edited(*arguments):
            placed = place(*arguments)
            self.save(self.there, "a.py", "edited", at=2000)
            return placed

        with mock.patch.object(Receiver, "place", edited):
            self.owed()
        noted = self.received.versions([f"{self.there}/a.py"])[f"{self.there}/a.py"]
        self.assertEqual(noted, version_of(self.here / "a.py"))
        self.assertNotEqual(noted, version_of(self.there / "a.py"))

    def test_no_name_leads_out_of_the_folder(self):
        outside = self.place / "outside"
        outside.mkdir()
        os.symlink(outside, self.there / "link")
        names = ["../outside/a.py", "link/b.py", ".secret/c.py", "/etc/d.py"]
        entries = [dagsync_batch.Entry(name, 0o100644, 1000, 1, contents=b"x") for name in names]
        self.assertEqual(self.receiver.take(self.received, entries), [])
        self.assertEqual(os.listdir(outside), [])

    def test_who_has_another_key_is_refused_and_a_torn_message_changes_nothing(self):
        self.save(self.here, "a.py", "x")
        self.owes("a.py")
        self.peer.key = "of nobody"
        self.assertEqual(self.owed(), {"a.py"})
        self.assertIn("the key is another one", self.journal[0])
        self.peer.key = KEY
        entry = dagsync_batch.Entry("a.py", 0o100644, 1000, 9, contents=b"half")
        with mock.patch("dagsync_batch.entries_of", return_value={f"{self.here}/a.py": entry}):
            with mock.patch("dagsync_take.SILENCE", 0.2):
                self.assertEqual(self.owed(), {"a.py"})
        self.assertEqual(os.listdir(self.there), [])

    def test_many_files_come_in_several_messages_and_a_large_one_is_left_to_csync2(self):
        for number in range(7):
            self.save(self.here, f"{number}.py", f"# {number}")
        self.save(self.here, "large.py", "x" * 200)
        self.owes(*(f"{number}.py" for number in range(7)), "large.py")
        with mock.patch.object(dagsync_peer, "BATCH", 3), mock.patch.object(dagsync_batch, "CONTENTS", 100):
            self.assertEqual(self.owed(), {"large.py"})
        self.assertEqual(sorted(os.listdir(self.there)), [f"{number}.py" for number in range(7)])

    def test_names_that_are_no_utf8(self):
        name = os.fsdecode(b"caf\xe9 1.py")
        self.save(self.here, name, "x")
        self.owes(name)
        self.assertEqual(self.owed(), set())
        self.assertEqual(os.listdir(os.fsencode(self.there)), [b"caf\xe9 1.py"])

    def test_a_silent_peer_is_no_reason_to_wait_for_csync2(self):
        self.save(self.here, "a.py", "x")
        self.owes("a.py")
        with mock.patch("socket.create_connection", side_effect=TimeoutError):
            self.assertEqual(self.peer.send_batches(set(), set()), dagsync_peer.SILENT)
        with mock.patch("socket.create_connection", side_effect=ConnectionRefusedError):
            self.assertIsNone(self.peer.send_batches(set(), set()))


if __name__ == "__main__":
    unittest.main()
