"""What is taken for a change in a folder, with the real inotifywait. tests/unit/dagsync.programs.test.ts runs it."""

import errno
import os
import pwd
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import dagsync_changes
from dagsync_changes import Change, Changes, Version, is_written, need_mount
from dagsync_pair import version_of

LOCAL = ["__pycache__", "*.pyc", "*~", ".*"]


class Events(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        (self.folder / "old.py").write_text("old")
        self.owner = pwd.getpwuid(os.getuid()).pw_name
        self.changes = Changes(str(self.folder), self.owner, LOCAL)
        self.addCleanup(self.changes.watch.stdout.close)
        self.addCleanup(self.changes.watch.wait)
        self.addCleanup(self.changes.watch.kill)
        self.await_watch()
        self.changes.begin([])
        self.wait_for("old.py")

    def await_watch(self):
        """Until inotifywait tells of what is done."""
        for number in range(1000):
            (self.folder / "probe").write_text(str(number))
            # So that it does not wait for long.
            self.changes.swept = time.monotonic() - dagsync_changes.SWEEP + 0.1
            self.changes.read()
            if self.changes.due:
                break
        self.changes.swept = time.monotonic()
        self.changes.take()
        (self.folder / "probe").unlink()
        self.wait_for("probe")

    def wait_for(self, *names):
        """The changes until the last one of the names has come."""
        found = []
        deadline = time.monotonic() + 20
        missing = {str(self.folder / name) for name in names}
        while missing:
            self.assertLess(time.monotonic(), deadline, f"{missing} did not come, but {found}")
            found += self.changes.next()
            missing -= {change.path for change in found}
        return found

    def paths(self, changes):
        return [os.path.relpath(change.path, self.folder) for change in changes]

    def test_what_is_saved_and_deleted(self):
        (self.folder / "new.py").write_text("new")
        self.assertEqual(self.wait_for("new.py"), [Change(str(self.folder / "new.py"), new=True)])
        (self.folder / "old.py").unlink()
        self.assertEqual(self.paths(self.wait_for("old.py")), ["old.py"])

    def test_a_file_is_no_change_before_it_is_closed(self):
        with open(self.folder / "long.py", "w") as file:
            file.write("half")
            file.flush()
            (self.folder / "other.py").write_text("other")
            self.assertNotIn("long.py", self.paths(self.wait_for("other.py")))
            self.assertTrue(is_written(self.folder / "long.py"))
            file.write("whole")
        self.wait_for("long.py")
        self.assertFalse(is_written(self.folder / "long.py"))

    def test_a_file_of_another_user_is_no_change_before_it_is_closed_either(self):
        path = self.folder / "roots.py"
        with open(path, "w") as file:
            os.chown(path, 12345, 12345)
            file.write("half")
            file.flush()
            (self.folder / "other.py").write_text("other")
            self.assertNotIn("roots.py", self.paths(self.wait_for("other.py")))
        self.wait_for("roots.py")
        self.assertEqual(path.stat().st_uid, os.getuid())

    def test_a_second_save_that_csync2_would_not_see(self):
        path = self.folder / "same.py"
        at = int(time.time()) * 10**9
        path.write_text("one")
        os.utime(path, ns=(at, at + 1))
        self.wait_for("same.py")
        path.write_text("two")
        os.utime(path, ns=(at, at + 2))
        self.assertEqual(self.wait_for("same.py")[-1], Change(str(path), hidden=True))

    def test_what_stays_here(self):
        (self.folder / "__pycache__").mkdir()
        (self.folder / "__pycache__" / "x.py").write_text("")
        for name in ["a.pyc", "b.py~", ".b.py.swp"]:
            (self.folder / name).write_text("")
        (self.folder / ".airflowignore").write_text("")
        self.assertEqual(self.paths(self.wait_for(".airflowignore")), [".airflowignore"])

    def test_a_tree_that_is_moved_in(self):
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as other:
            tree = Path(other) / "tree"
            (tree / "below").mkdir(parents=True)
            (tree / "below" / "x.py").write_text("x")
            tree.rename(self.folder / "tree")
        self.wait_for("tree", "tree/below", "tree/below/x.py")

    def test_a_tree_that_goes(self):
        (self.folder / "tree").mkdir()
        (self.folder / "tree" / "x.py").write_text("x")
        self.wait_for("tree", "tree/x.py")
        (self.folder / "tree" / "x.py").unlink()
        (self.folder / "tree").rmdir()
        self.wait_for("tree", "tree/x.py")

    def test_a_tree_in_the_place_of_another(self):
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as other:
            for tree, name in [(self.folder / "tree", "x.py"), (Path(other) / "tree", "y.py")]:
                tree.mkdir()
                (tree / name).write_text("")
            self.wait_for("tree", "tree/x.py")
            (self.folder / "tree").rename(Path(other) / "old")
            (Path(other) / "tree").rename(self.folder / "tree")
            self.wait_for("tree/x.py", "tree/y.py")

    def test_a_tree_that_goes_and_comes_back_is_new(self):
        (self.folder / "tree" / "below").mkdir(parents=True)
        (self.folder / "tree" / "below" / "x.py").write_text("x")
        self.wait_for("tree", "tree/below", "tree/below/x.py")
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as other:
            (self.folder / "tree").rename(Path(other) / "tree")
            self.wait_for("tree", "tree/below", "tree/below/x.py")
            (Path(other) / "tree").rename(self.folder / "tree")
            self.wait_for("tree", "tree/below", "tree/below/x.py")

    def test_deleted_and_made_anew_is_no_deletion(self):
        self.changes.read()
        time.sleep(dagsync_changes.BURST)
        (self.folder / "old.py").unlink()
        time.sleep(0.005)
        (self.folder / "old.py").write_text("anew")
        self.assertEqual(self.paths(self.wait_for("old.py")), ["old.py"])

    def test_nothing_but_files_folders_and_links(self):
        os.mkfifo(self.folder / "pipe")
        (self.folder / "link").symlink_to("old.py")
        self.wait_for("link")
        self.assertNotIn(str(self.folder / "pipe"), self.changes.seen)

    def test_a_folder_that_is_not_there_is_no_deletion_of_all(self):
        with self.assertRaisesRegex(SystemExit, "is not there"):
            Changes(str(self.folder / "none"), self.owner, LOCAL)

    def test_what_cannot_be_read_has_not_been_deleted(self):
        """As on a disk that fails."""
        (self.folder / "old.py").write_text("newer")
        with mock.patch("os.lstat", side_effect=OSError(errno.EIO, "Input/output error")):
            with self.assertRaisesRegex(OSError, "Input/output"):
                self.changes.next()
            with self.assertRaisesRegex(OSError, "Input/output"):
                version_of(str(self.folder / "old.py"))

    def test_another_folder_in_its_place_is_no_deletion_of_all(self):
        """As after an unmount."""
        away = tempfile.TemporaryDirectory()
        self.addCleanup(away.cleanup)
        os.rename(self.folder, Path(away.name) / "volume")
        self.folder.mkdir()
        with self.assertRaisesRegex(OSError, "is another folder now"):
            self.changes.sweep()
            self.changes.next()

    def test_without_its_volume_it_is_not_begun_with(self):
        mounts, record = {"/", str(self.folder)}, self.folder.parent / "mounted"
        self.addCleanup(record.unlink)
        with mock.patch("os.path.ismount", mounts.__contains__):
            need_mount(str(self.folder), str(record), {"a.py"})
            mounts.remove(str(self.folder))
            for _ in range(2):
                with self.assertRaisesRegex(SystemExit, f"was on what is mounted at {self.folder}, and is on .* at /: "):
                    need_mount(str(self.folder), str(record), {"a.py"})
            need_mount(str(self.folder), str(record), set())
            need_mount(str(self.folder), str(record), {"a.py"})

    def test_a_folder_that_cannot_be_written_to_is_not_begun_with(self):
        # What the process may counts: its user alone cannot write to a folder of root's.
        with mock.patch("os.access", lambda path, _, effective_ids: path != str(self.folder) or not effective_ids):
            with self.assertRaisesRegex(SystemExit, f"{self.folder} cannot be written to"):
                need_mount(str(self.folder), str(self.folder.parent / "never"), {"a.py"})
        self.assertFalse((self.folder.parent / "never").exists())

    def test_a_mode_is_a_change_and_what_changes_nothing_is_none(self):
        (self.folder / "old.py").chmod(0o755)
        self.wait_for("old.py")
        (self.folder / "old.py").chmod(0o755)
        (self.folder / "mark.py").write_text("")
        self.assertEqual(self.paths(self.wait_for("mark.py")), ["mark.py"])

    def test_a_folder_has_one_name(self):
        (self.folder / "tree").mkdir()
        self.wait_for("tree")
        (self.folder / "tree").chmod(0o700)
        self.folder.chmod(0o750)
        found = self.wait_for("tree")
        (self.folder / "mark.py").write_text("")
        found += self.wait_for("mark.py")
        self.assertEqual({change.path for change in found}, {str(self.folder / name) for name in ["tree", "mark.py"]})

    def test_what_was_there_and_what_was_known_is_looked_at_at_the_start(self):
        gone = self.folder / "gone.py"
        self.changes.begin([str(gone)])
        found = self.changes.take()  # at once: nothing is sent before that
        self.assertEqual({change.path: change.new for change in found}, {str(self.folder / "old.py"): True, str(gone): False})

    def test_what_python_made_of_sources_that_have_gone_goes_too(self):
        kept, gone = self.folder / "kept", self.folder / "gone"
        for folder, names in [(kept, ["x.py", "y.py"]), (gone, ["x.py"])]:
            (folder / "__pycache__").mkdir(parents=True)
            for name in [*names, "__pycache__/x.pyc"]:
                (folder / name).write_text("")
        self.wait_for("kept/y.py", "gone/x.py")
        for folder in [kept, gone]:
            (folder / "x.py").unlink()
        self.wait_for("kept/x.py", "gone/x.py")
        self.assertEqual(os.listdir(gone), [])
        self.assertEqual(os.listdir(kept / "__pycache__"), ["x.pyc"])

    def test_what_no_event_told_of_is_found(self):
        with mock.patch.object(self.changes, "note"):
            (self.folder / "missed.py").write_text("")
            (self.folder / "old.py").unlink()
            self.changes.read()
        self.assertEqual(self.changes.due, {})
        self.changes.swept -= dagsync_changes.SWEEP + 1
        self.wait_for("missed.py", "old.py")


class Versions(unittest.TestCase):
    def test_whole_seconds_size_and_mode_are_what_csync2_sees(self):
        first = Version(10_200_000_000, 3, 0o100644)
        for other, unseen in [
            (first, False),
            (Version(10_700_000_000, 3, 0o100644), True),
            (Version(11_200_000_000, 3, 0o100644), False),
            (Version(10_000_000_000, 3, 0o100644), False),
            (Version(10_700_000_000, 4, 0o100644), False),
            (Version(10_700_000_000, 3, 0o100755), False),
        ]:
            with self.subTest(other=other):
                self.assertEqual(other.differs_unseen(first), unseen)


if __name__ == "__main__":
    unittest.main()
