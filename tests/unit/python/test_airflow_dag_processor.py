"""On which node the DAG processor works. tests/unit/airflow.dagProcessor.test.ts runs it."""

import os
import shutil
import signal
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock


class Error(Exception):
    pass


class Database:
    """As much of it as the program asks for."""

    def __init__(self):
        self.sessions, self.holder, self.up = [], None, True

    def connect(self, _, **__):
        if not self.up:
            raise Error("connection refused")
        self.sessions.append(Session(self))
        return self.sessions[-1]

    def fail_over(self):
        """Every session ends; the database is there again when `up` is set."""
        self.sessions, self.holder, self.up = [], None, False


class Session:
    def __init__(self, database):
        self.database, self.name = database, ""

    def close(self):
        self.database.sessions = [each for each in self.database.sessions if each is not self]
        if self.database.holder is self:
            self.database.holder = None

    def execute(self, query, arguments):
        if self not in self.database.sessions:
            raise Error("the session has ended")
        answer = mock.Mock()
        answer.fetchone.return_value = [self.answer(query, *arguments)]
        return answer

    def answer(self, query, argument):
        if "set_config" in query:
            self.name = argument
        elif "pg_stat_activity" in query:
            return any(each.name == argument for each in self.database.sessions if each is not self)
        elif "pg_try_advisory_lock" in query:
            self.database.holder = self.database.holder or self
            return self.database.holder is self


psycopg = types.SimpleNamespace(Error=Error, connect=None)
sys.modules["psycopg"] = psycopg
sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import airflow_dag_processor as program

WAITS = ["sleep", "1000"]


class ProcessorTest(unittest.TestCase):
    def setUp(self):
        self.now, self.said, self.database = 0, [], Database()
        self.folder = Path(tempfile.mkdtemp(prefix="airflow-ha-dag-processor-"))
        self.addCleanup(shutil.rmtree, self.folder)
        clock = types.SimpleNamespace(monotonic=lambda: self.now, sleep=lambda _: None)
        for patch in [
            mock.patch.object(psycopg, "connect", self.database.connect),
            mock.patch.dict(os.environ, {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg://"}),
            mock.patch.object(program, "time", clock),
            mock.patch.object(program, "print", lambda text, **_: self.said.append(text), create=True),
        ]:
            patch.start()
            self.addCleanup(patch.stop)

    def node(self, name, command=WAITS):
        own = self.folder / name
        own.mkdir()
        with mock.patch.dict(os.environ, {"RUNTIME_DIRECTORY": str(own), "BEHIND": str(own / "behind")}):
            node = program.Processor(command)
        self.addCleanup(node.stop)
        return node

    def look(self, *nodes, seconds=1):
        for _ in range(seconds):
            self.now += 1
            for node in nodes:
                node.look()

    def works(self, node):
        """That the child is there and its marker say the same."""
        self.assertEqual(os.path.exists(node.marker), node.child is not None)
        return node.child is not None

    def lag(self, name, lags=True):
        path = self.folder / name / "behind"
        path.touch() if lags else path.unlink()

    def test_one_works_and_the_others_stand_by(self):
        first, second = self.node("node1"), self.node("node2")
        self.look(first, second, seconds=3)
        self.assertEqual((self.works(first), self.works(second)), (True, False))
        self.assertEqual(Path(first.marker).read_text(), "1")
        self.assertEqual(self.said, [
            "this node's DAG processor works",
            "stands by: another node's DAG processor works",
        ])

    def test_another_one_takes_over_at_once(self):
        first, second = self.node("node1"), self.node("node2")
        self.look(first, second)
        first.stop()
        first.disconnect()
        self.look(second)
        self.assertTrue(self.works(second))

    def test_a_failover_stops_nothing(self):
        first, second = self.node("node1"), self.node("node2")
        self.look(first, second)
        child = first.child
        self.database.fail_over()
        self.look(second, first, seconds=program.OUTAGE - 1)
        self.assertIs(first.child, child)
        self.database.up = True
        # The other one is there first, and leaves it the lock.
        self.look(second, first, seconds=2 * program.PRECEDENCE)
        self.assertIs(first.child, child)
        self.assertIsNone(child.poll())
        self.assertFalse(self.works(second))

    def test_who_finds_another_one_after_a_failover_stops(self):
        first, second = self.node("node1"), self.node("node2")
        self.look(first, second)
        self.database.fail_over()
        self.look(first, second)
        self.database.up = True
        self.look(second, seconds=program.PRECEDENCE + 1)
        self.assertTrue(self.works(second))
        child = first.child
        self.look(first)
        self.assertFalse(self.works(first))
        self.assertEqual(child.returncode, -signal.SIGTERM)
        self.assertEqual(self.said[-1], "stands by: another node's DAG processor works")

    def test_without_the_database_it_stops_in_the_end(self):
        node = self.node("node1")
        self.look(node)
        self.database.fail_over()
        self.look(node, seconds=program.OUTAGE - 1)
        self.assertTrue(self.works(node))
        self.look(node)
        self.assertFalse(self.works(node))
        self.database.up = True
        self.look(node, seconds=program.PRECEDENCE + 1)
        self.assertTrue(self.works(node))

    def test_a_node_that_lags_behind_leaves_it_to_one_that_does_not(self):
        first, second = self.node("node1"), self.node("node2")
        self.look(first, second)
        self.lag("node1")
        self.look(first, second)
        self.assertTrue(self.works(first))  # a file that is being copied right now
        self.look(first, second)
        self.assertEqual((self.works(first), self.works(second)), (False, True))
        self.lag("node1", lags=False)
        self.look(first, second, seconds=2 * program.PRECEDENCE)
        self.assertEqual((self.works(first), self.works(second)), (False, True))

    def test_where_all_lag_behind_one_goes_on(self):
        first, second = self.node("node1"), self.node("node2")
        for name in ("node1", "node2"):
            self.lag(name)
        self.look(first, second, seconds=5)
        self.assertEqual((self.works(first), self.works(second)), (True, False))
        first.stop()
        first.disconnect()
        self.look(second)
        self.assertTrue(self.works(second))
        self.look(first, second, seconds=2 * program.PRECEDENCE)
        self.assertEqual((self.works(first), self.works(second)), (False, True))

    def test_one_that_lags_behind_begins_only_without_others(self):
        first, second = self.node("node1"), self.node("node2")
        self.lag("node1")
        self.look(first, seconds=1)
        self.look(first, second, seconds=3)
        self.assertEqual((self.works(first), self.works(second)), (False, True))

    def test_a_child_that_ends_ends_the_program(self):
        node = self.node("node1", ["sh", "-c", "exit 3"])
        self.look(node)
        node.child.wait()
        with self.assertRaises(SystemExit) as ended:
            self.look(node)
        self.assertEqual(ended.exception.code, "the DAG processor has ended by itself, with 3")

    def test_a_child_that_does_not_end_is_killed_with_its_children(self):
        ready = self.folder / "ready"
        node = self.node("node1", ["sh", "-c", f"trap '' TERM; sleep 1000 & echo > {ready}; wait; sleep 1000"])
        self.look(node)
        while not ready.exists():
            pass
        child = node.child
        with mock.patch.object(program, "END", 0.1):
            node.stop()
        self.assertEqual(child.returncode, -signal.SIGKILL)
        self.assertFalse(self.works(node))

    def test_sigterm_stops_the_child(self):
        node, at_the_next_look = self.node("node1"), []

        def notify(_):
            if node.child:
                at_the_next_look.append(node.child)
                os.kill(os.getpid(), signal.SIGTERM)

        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        with mock.patch.multiple(program, notify=notify, Processor=lambda _: node):
            with self.assertRaises(SystemExit) as ended:
                program.main(WAITS)
        self.assertEqual(ended.exception.code, 0)
        self.assertEqual([child.returncode for child in at_the_next_look], [-signal.SIGTERM])
        self.assertFalse(self.works(node))


unittest.main()
