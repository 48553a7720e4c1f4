"""Which node sends what has changed. What csync2 receives is written into the pair's database, as csync2 does it.
tests/unit/dagsync.programs.test.ts runs it."""

import fcntl
import os
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import dagsync_notes
from csync2_database import make
from dagsync_changes import Change
from dagsync_notes import Notes
from dagsync_pair import Pair, version_of


class Deciding(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.dags = self.place / "dags"
        self.dags.mkdir()
        self.left, self.right = (self.pair(name) for name in ["left", "right"])
        self.notes = Notes([self.left, self.right], str(self.place / "receiving"))
        self.path = str(self.dags / "a.py")

    def pair(self, name):
        state = self.place / name
        state.mkdir()
        make(state)
        return Pair(name, str(state))

    def save(self, text, at=1000):
        Path(self.path).write_text(text)
        os.utime(self.path, (at, at))

    def receive(self, pair, text=None, at=2000):
        """As csync2 does it: in place, with its time, and into the database."""
        if text is None:
            os.unlink(self.path)
        else:
            self.save(text, at)
        pair.note({self.path: version_of(self.path)}, owed=False)

    def changed(self, **how):
        self.notes.take([Change(self.path, **how)])
        versions = [pair.versions([self.path]).get(self.path) for pair in (self.left, self.right)]
        self.assertEqual(versions, [version_of(self.path)] * 2)
        return [pair.peer for pair in (self.left, self.right) if self.path in pair.owed()]

    def sent(self):
        for pair in (self.left, self.right):
            with pair.database() as database:
                database.execute("DELETE FROM dirty")

    def settled(self):
        self.save("settled")
        self.assertEqual(self.changed(new=True), ["left", "right"])
        self.sent()

    def test_what_is_changed_and_deleted_here_is_owed_to_all(self):
        self.settled()
        self.save("longer than before")
        self.assertEqual(self.changed(), ["left", "right"])
        self.sent()
        os.unlink(self.path)
        self.assertEqual(self.changed(), ["left", "right"])

    def test_what_has_not_changed_is_owed_to_nobody(self):
        self.settled()
        self.assertEqual(self.changed(), [])

    def test_what_was_received_is_owed_to_nobody(self):
        self.settled()
        for text in ["another one's", None, "anew"]:
            with self.subTest(text):
                self.receive(self.left, text)
                self.assertEqual(self.changed(), [])

    def test_what_was_received_is_no_longer_owed_to_the_third_either(self):
        self.settled()
        self.save("mine, which has lost against a younger one")
        self.changed()
        self.sent()
        self.right.note({self.path: version_of(self.path)}, owed=True)
        self.receive(self.left, "the younger one")
        self.assertEqual(self.changed(), [])

    def test_what_one_has_got_from_here_is_still_owed_to_the_other(self):
        self.settled()
        self.save("sent to the left, not noted for the right before the power went")
        self.left.note({self.path: version_of(self.path)}, owed=True)
        self.assertEqual(self.changed(), ["left", "right"])

    def test_a_change_to_what_was_just_received_is_this_node_s(self):
        self.settled()
        self.receive(self.left, "received")
        self.save("and changed before anybody looked")
        self.assertEqual(self.changed(), ["left", "right"])

    def test_what_was_received_and_deleted_before_anybody_looked_is_this_node_s_deletion(self):
        self.receive(self.left, "received")
        os.unlink(self.path)
        self.assertEqual(self.changed(new=True), ["left"])

    def test_a_second_save_that_csync2_would_not_see_is_owed(self):
        self.settled()
        self.assertEqual(self.changed(hidden=True), ["left", "right"])

    def test_a_new_peer_is_offered_everything(self):
        self.settled()
        new = self.pair("new")
        Notes([self.left, new], str(self.place / "receiving")).begin([self.path, str(self.dags / "gone")])
        self.assertEqual((new.owed(), self.left.owed()), ({self.path}, set()))

    def test_nothing_is_decided_in_the_middle_of_a_transfer(self):
        self.settled()
        self.save("received")
        with open(self.place / "receiving", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            looking = threading.Thread(target=self.notes.take, args=([Change(self.path)],))
            looking.start()
            looking.join(0.2)
            self.assertTrue(looking.is_alive())
            self.left.note({self.path: version_of(self.path)}, owed=False)
        looking.join(20)
        self.assertEqual(self.right.owed(), set())

    def test_what_was_in_a_former_folder_is_forgotten(self):
        self.settled()
        former = [f"{self.dags}-former/a.py", "/elsewhere/%b.py"]
        self.left.note(dict.fromkeys(former, "v1:type=dir"), owed=True)
        self.left.owe([self.path])
        self.left.keep(str(self.dags))
        self.assertEqual(self.left.all_paths(), {self.path})
        self.assertEqual(self.left.owed(), {self.path})

    def test_many_paths(self):
        names = [str(self.dags / f"it's {number} %.py") for number in range(7)] + [os.fsdecode(b"%s/\xfc.py" % os.fsencode(self.dags))]
        for name in names:
            Path(name).write_text("")
        with mock.patch.object(dagsync_notes, "CHUNK", 3):
            self.notes.take([Change(name) for name in names])
        self.assertEqual(self.right.owed(), set(names))
        self.assertEqual(set(self.right.versions(names)), set(names))
        self.assertEqual(self.notes.known(), set(names))

    def test_a_save_as_old_and_as_long_as_what_was_just_received_is_this_nodes(self):
        self.receive(self.left, "A1")
        Path(self.path).write_text("B2")
        os.utime(self.path, ns=(2000 * 10**9 + 5, 2000 * 10**9 + 5))
        self.assertEqual(self.changed(), ["left", "right"])


class Versions(unittest.TestCase):
    def test_as_csync2_writes_them(self):
        with tempfile.TemporaryDirectory() as place:
            file, folder, link = (os.path.join(place, name) for name in ["file", "folder", "link"])
            Path(file).write_text("abc")
            os.utime(file, ns=(0, 1000_900_000_000))
            os.chmod(file, 0o640)
            os.mkdir(folder, 0o750)
            os.symlink("to a", link)
            self.assertEqual(version_of(file), f"v1:mtime=1000:mode={0o100640}:type=reg:size=3")
            self.assertEqual(version_of(folder), f"v1:mode={0o040750}:type=dir")
            self.assertEqual(version_of(link), f"v1:mode={0o120777}:type=lnk:target=to%20a")
            self.assertIsNone(version_of(os.path.join(place, "none")))
            os.mkfifo(os.path.join(place, "pipe"))
            self.assertIsNone(version_of(os.path.join(place, "pipe")))


if __name__ == "__main__":
    unittest.main()
