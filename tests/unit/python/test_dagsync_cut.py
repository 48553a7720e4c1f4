"""Which files a power cut has interrupted, and what becomes of them.
tests/unit/dagsync.programs.test.ts runs it."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

SCRIPTS = str(Path(__file__).parents[3] / "scripts")
sys.path.insert(0, SCRIPTS)
import dagsync_cut
from csync2_database import make
from dagsync_cut import Running, booted, put_by
from dagsync_pair import Pair, version_of


class Cut(unittest.TestCase):
    """The machine began anew after the service ran, which it does in a minute from now."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.folder, self.backup = self.place / "dags", str(self.place / "backup")
        self.folder.mkdir()
        self.pairs = []
        for name in ["left", "right"]:
            (self.place / name).mkdir()
            make(self.place / name)
            self.pairs.append(Pair(name, str(self.place / name)))
        self.running = Running(str(self.place / "running"))
        Path(self.running.record).touch()
        os.utime(self.running.record, (time.time() - 60,) * 2)
        self.pairs[0].note({"/dags/another.py": "v1:mtime=1:mode=33188:type=reg:size=1"}, owed=False)
        self.began = time.time() + 60
        self.enterContext(mock.patch.object(dagsync_cut, "booted", lambda: self.began))
        self.journal = []
        self.enterContext(mock.patch("builtins.print", lambda *said, **_: self.journal.append(" ".join(map(str, said)))))

    def save(self, name, text="text"):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def interrupted(self):
        paths = [str(path) for path in self.folder.rglob("*")]
        return [os.path.basename(path) for path in self.running.interrupted(paths, self.pairs)]

    def test_what_was_not_noted(self):
        path = self.save("dag.py", "whole")
        for pair in self.pairs:
            pair.note({path: version_of(path)}, owed=True)
        self.assertEqual(self.interrupted(), [])
        self.save("dag.py", "half of a longer one")
        self.save("new.py")
        self.assertEqual(sorted(self.interrupted()), ["dag.py", "new.py"])

    def test_what_one_peer_has_sent_is_whole(self):
        path = self.save("dag.py")
        os.utime(path, (1000, 1000))  # as whoever receives it sets it
        self.pairs[1].note({path: version_of(path)}, owed=False)
        self.pairs[1].note({"/dags/another.py": "v1:mtime=1:mode=33188:type=reg:size=1"}, owed=False)
        self.assertEqual(self.interrupted(), [])

    def test_half_of_what_a_peer_has_changed_too_csync2_notes_for_that_peer(self):
        path = self.save("dag.py", "half")
        self.pairs[1].note({path: version_of(path)}, owed=True)
        self.assertEqual(self.interrupted(), ["dag.py"])

    def test_what_was_saved_since_the_machine_is_back_or_while_the_service_did_not_run_is_whole(self):
        self.save("dag.py")
        self.began = time.time() - 1
        self.assertEqual(self.interrupted(), [])
        self.began = time.time() + 60
        os.unlink(self.running.record)
        self.assertEqual(self.interrupted(), [])

    def test_a_service_that_crashed_since_the_machine_began_lost_no_power(self):
        self.save("dag.py")
        self.assertEqual(self.interrupted(), ["dag.py"])
        os.utime(self.running.record, (self.began + 1,) * 2)
        self.assertEqual(self.interrupted(), [])

    def test_of_no_peer_known_to_have_anything_nothing_is_wanted(self):
        self.save("dag.py")
        self.pairs[0].note({"/dags/another.py": None}, owed=False)
        self.assertEqual(self.interrupted(), [])

    def test_what_was_noted_under_another_name_or_with_another_mode_is_whole(self):
        path = self.save("dag.py")
        self.pairs[0].note({path: version_of(path)}, owed=True)
        os.rename(path, self.folder / "moved.py")
        (self.folder / "moved.py").chmod(0o600)
        self.assertEqual(self.interrupted(), [])
        self.save("moved.py", "another text")
        self.assertEqual(self.interrupted(), ["moved.py"])

    def test_another_file_of_the_same_second_and_size_is_not_this_one(self):
        noted = self.save("noted.py", "text")
        self.pairs[0].note({noted: version_of(noted)}, owed=True)
        path = self.save("dag.py", "half")
        os.utime(path, (os.stat(noted).st_mtime,) * 2)
        self.assertEqual(self.interrupted(), ["dag.py"])

    def test_an_empty_file_has_no_former_name(self):
        # Made as dag.py.new, noted, written, renamed: what was written is not on the disk.
        path = self.save("dag.py.new", "")
        self.pairs[0].note({path: version_of(path)}, owed=True)
        self.assertEqual(self.interrupted(), [])
        os.rename(path, self.folder / "dag.py")
        self.assertEqual(self.interrupted(), ["dag.py"])

    def test_folders_and_links_have_no_halves(self):
        (self.folder / "sub").mkdir()
        (self.folder / "link.py").symlink_to("sub")
        self.assertEqual(self.interrupted(), [])

    def test_what_was_deleted_before_is_owed_as_deleted(self):
        path = self.save("dag.py", "half of a new one")
        self.pairs[0].note({path: None}, owed=True)
        put_by([path], self.backup, self.pairs)
        self.assertEqual([pair.owed() for pair in self.pairs], [{path}, set()])

    def test_it_is_kept_and_named_and_passes_for_no_deletion(self):
        path = self.save("dag.py", "as the others have it")
        for pair in self.pairs:
            pair.note({path: version_of(path)}, owed=True)
        self.save("dag.py", "half")
        self.pairs[0].note({"/dags/another.py": None}, owed=False)
        put_by([path], self.backup, self.pairs)
        self.assertFalse(os.path.exists(path))
        [kept] = Path(self.backup).rglob("dag.py")
        self.assertEqual(kept.read_text(), "half")
        self.assertIn(str(kept), self.journal[0])
        for pair in self.pairs:
            self.assertEqual((pair.all_paths(), pair.owed()), (set(), set()))

    def test_what_cannot_be_kept_is_not_noted_as_deleted(self):
        paths = [self.save(name) for name in ["a.py", "b.py"]]
        for pair in self.pairs:
            pair.note({path: version_of(path) for path in paths}, owed=False)
        with mock.patch("shutil.copy2", side_effect=OSError("it cannot be read")), self.assertRaises(OSError):
            put_by(paths, self.backup, self.pairs)
        self.assertEqual([pair.all_paths() for pair in self.pairs], [{"/dags/another.py"}, set()])
        self.assertTrue(all(map(os.path.exists, paths)))

    def test_without_room_for_it_it_is_kept_beside(self):
        path = self.save("large.py", "half")

        def half(source, place):
            Path(place).write_text("ha")
            raise OSError(errno.ENOSPC, "no space left")

        with mock.patch("shutil.copy2", half):
            put_by([path], self.backup, self.pairs)
        [beside] = self.folder.iterdir()
        self.assertRegex(beside.name, r"^\.large\.py\.[0-9]+$")  # a name that no node sends
        self.assertEqual(beside.read_text(), "half")
        self.assertIn(str(beside), self.journal[0])
        self.assertEqual([path for path in Path(self.backup).rglob("*") if path.is_file()], [])

    def test_what_is_kept_is_on_the_disk_before_it_leaves_the_folder(self):
        path, flushed = self.save("dag.py", "half"), []

        def flush(paths):
            self.assertTrue(os.path.exists(path))
            flushed.extend(paths)

        with mock.patch("dagsync_backup.flush", flush):
            put_by([path], self.backup, self.pairs)
        [kept] = Path(self.backup).rglob("dag.py")
        self.assertIn(str(kept), flushed)

    def test_of_one_that_has_gone_meanwhile_the_others_are_kept(self):
        paths = [str(self.folder / "gone.py"), self.save("x" * 252 + ".py")]
        put_by(paths, self.backup, self.pairs)
        self.assertEqual([path.name for path in Path(self.backup).rglob("*.py")], ["x" * 252 + ".py"])


class Process(unittest.TestCase):
    def test_only_a_stop_takes_the_record_away(self):
        program = "import sys; sys.path.insert(0, sys.argv[1]); from dagsync_cut import Running; Running(sys.argv[2]).begin()"
        program += "; print(1, flush=True); sys.stdin.read()"
        for how, stays in [(signal.SIGTERM, False), (signal.SIGKILL, True)]:
            with tempfile.TemporaryDirectory() as place:
                record = os.path.join(place, "running")
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
                with subprocess.Popen([sys.executable, "-c", program, SCRIPTS, record], **pipes) as process:
                    process.stdout.readline()
                    self.assertTrue(os.path.exists(record))
                    process.send_signal(how)
                    process.wait(10)
                self.assertEqual(os.path.exists(record), stays)

    def test_a_failure_takes_the_record_away_if_it_began(self):
        with tempfile.TemporaryDirectory() as place:
            running = Running(os.path.join(place, "running"))
            Path(running.record).touch()
            running.end()
            self.assertTrue(os.path.exists(running.record))
            before = signal.getsignal(signal.SIGTERM)
            running.begin()
            self.addCleanup(signal.signal, signal.SIGTERM, before)
            running.end()
            self.assertFalse(os.path.exists(running.record))

    def test_process_1_is_older_than_this_one(self):
        self.assertLess(booted(), time.time())
        self.assertGreater(booted(), 0)


unittest.main()
