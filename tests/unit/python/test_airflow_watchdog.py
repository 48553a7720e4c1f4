"""When a process that does nothing is restarted. tests/unit/airflow.watchdog.test.ts runs it."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
import airflow_watchdog
from airflow_watchdog import HUNG, PATIENCE, STARTING, Suspicion

LONG_AGO = -10_000


def restarts(looks, every=10):
    """The times of restarts; each look is (works, running_since), and there is one every ten seconds."""
    suspicion = Suspicion()
    return [at * every for at, (works, since) in enumerate(looks) if suspicion.grows(at * every, since, works)]


class SuspicionTest(unittest.TestCase):
    def test_what_works_is_left_alone(self):
        self.assertEqual(restarts([(True, LONG_AGO)] * 100), [])

    def test_what_does_nothing_is_restarted(self):
        self.assertEqual(restarts([(True, LONG_AGO)] * 3 + [(False, LONG_AGO)] * 5), [30 + HUNG])

    def test_a_pause_is_no_hang(self):
        pause = [(False, LONG_AGO)] * (HUNG // 10)
        self.assertEqual(restarts((pause + [(True, LONG_AGO)]) * 5), [])

    def test_nothing_is_known_while_the_database_is_away(self):
        outage = [(False, LONG_AGO)] * 3 + [(None, LONG_AGO)] * 30 + [(False, LONG_AGO)] * 4
        self.assertEqual(restarts(outage), [])

    def test_what_starts_gets_its_time(self):
        self.assertEqual(restarts([(False, 0)] * (STARTING // 10 + 10)), [STARTING + HUNG])

    def test_what_does_not_run_is_systemds(self):
        self.assertEqual(restarts([(False, None)] * 100), [])

    def test_restarts_that_do_not_help_get_rare(self):
        suspicion, since, times = Suspicion(), LONG_AGO, []
        for now in range(0, 20_000, 10):
            if suspicion.grows(now, since, False):
                since = now
                times.append(now)
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertEqual(pauses[:3], [2 * STARTING + HUNG, 4 * STARTING + HUNG, 8 * STARTING + HUNG])
        self.assertEqual(pauses[-1], PATIENCE + HUNG)

    def test_one_that_helped_is_forgotten(self):
        suspicion = Suspicion()
        for now in (0, HUNG):
            suspicion.grows(now, LONG_AGO, False)
        suspicion.grows(HUNG + 10, HUNG, True)
        self.assertEqual(suspicion.starting, STARTING)

    def test_a_dag_processor_that_stands_by_does_not_hang(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(airflow_watchdog, "WORKS", f"{folder}/works"), \
                mock.patch.object(airflow_watchdog.subprocess, "run", return_value=mock.Mock(returncode=0)):
            self.assertIsNone(airflow_watchdog.running_since("airflow-dag-processor"))
            # Its start counts from when it began to work, not from when it began to stand by.
            Path(folder, "works").write_text("12.5")
            self.assertEqual(airflow_watchdog.running_since("airflow-dag-processor"), 12.5)


unittest.main()
