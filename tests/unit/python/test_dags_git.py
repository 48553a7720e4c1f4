"""The programs of the DAGs' git repositories with real git. tests/unit/dagsync.gitPrograms.test.ts runs it."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

from cluster_of_git import KEY, Cluster, LostAnswer, check, git
from dags_branch import Branch
from dags_repository import GitError, Repository
from dags_upstream import Upstream


class Pushes(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster()
        self.addCleanup(self.cluster.remove)
        self.nodes = self.cluster.nodes
        self.user = self.cluster.user()

    def refused(self, done, message):
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(message, done.stderr)

    def test_before_the_first_push_all_have_the_same_commit_without_dags(self):
        tips = {node.tip() for node in self.nodes.values()}
        self.assertEqual(len(tips), 1)
        self.assertNotIn("", tips)
        for node in self.nodes.values():
            self.assertIsNone(node.follow())

    def test_the_command_says_what_it_can_do(self):
        node = self.nodes["node1"]
        done = node.run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("usage: dag-git {prepare,check,follow,catch-up,status}\n", done.stdout)
        self.assertIn("the exit code is 0 when all are in sync", done.stdout)
        for wrong in ([], ["restart"]):
            done = node.run(*wrong)
            self.assertEqual(done.returncode, 2)
            self.refused(done, "{prepare,check,follow,catch-up,status}")
            self.assertNotIn("Traceback", done.stderr)

    def test_a_push_is_on_all_nodes_and_moves_all(self):
        commit = self.user.commit("one")
        check(self.user.push("node2"))
        self.assertEqual(self.nodes["node2"].tip(), commit)
        # The others have the commit under a branch already, since Airflow there fetches branches only.
        for name in ("node1", "node3"):
            self.assertEqual(self.nodes[name].tip("airflow-ha/incoming/node2"), commit)
            self.assertEqual(self.nodes[name].follow(), f"main is at {commit[:12]}")
            self.assertEqual(self.nodes[name].tip(), commit)
        second = self.user.commit("two")
        check(self.user.push("node3"))
        self.assertEqual(self.nodes["node3"].tip("main"), second)

    def test_users_see_the_branch_only(self):
        self.user.commit("one")
        check(self.user.push("node1"))
        listed = check(self.user.git("ls-remote", "node2")).stdout
        self.assertEqual({line.split("\t")[1] for line in listed.splitlines()}, {"HEAD", "refs/heads/main"})

    def test_what_is_no_successor_is_refused(self):
        first = self.user.commit("one")
        check(self.user.push("node1"))
        check(self.user.git("commit", "--quiet", "--amend", "-m", "other"))
        self.refused(self.user.push("node2", "--force"), f"does not build on {first[:12]}")
        self.nodes["node2"].follow()
        self.assertEqual(self.nodes["node2"].tip(), first)

    def test_other_refs_and_deletions_are_refused(self):
        commit = self.user.commit("one")
        check(self.user.push("node1"))
        check(self.user.git("tag", "v1"))
        for ref in ("v1", "main:other", "main:refs/notes/x"):
            self.refused(self.user.git("push", "node1", ref), "only the branch main is taken here")
        self.refused(self.user.git("push", "node1", ":main"), "cannot be deleted")
        self.refused(self.user.git("push", "node1", "main:refs/heads/airflow-ha/dags"), "hidden ref")
        self.assertEqual(self.nodes["node1"].tip("main"), commit)

    def test_another_command_or_path_is_refused(self):
        for command in ("sh", "git-upload-pack '/etc'", "git-receive-pack '/x' y", ""):
            for role in ("user", "peer"):
                self.refused(self.nodes["node1"].login(role, command), "this login is for git and for")
        self.refused(self.nodes["node1"].login("user", "tip"), "this login is for git and for")

    def test_with_a_node_off_it_is_taken_within_a_second_and_the_node_catches_up(self):
        check(self.user.git("commit", "--quiet", "--allow-empty", "-m", "zero"))
        check(self.user.push("node1"))
        self.nodes["node3"].power(False)
        commit = self.user.commit("one")
        done = check(self.user.push("node1"))
        self.assertIn("node3 does not have it yet: does not answer", done.stderr)
        self.assertEqual(self.nodes["node3"].tip("airflow-ha/incoming/node1")[:12] == commit[:12], False)
        self.nodes["node3"].power(True)
        # Not from where it was pushed to.
        self.nodes["node2"].follow()
        self.nodes["node1"].power(False)
        self.assertEqual(self.nodes["node3"].follow(), f"main is at {commit[:12]}")

    def test_a_black_hole_is_not_waited_for(self):
        config = json.loads(self.nodes["node1"].config.read_text())
        config["peers"]["node3"] = ["198.51.100.1", 22]
        self.nodes["node1"].config.write_text(json.dumps(config))
        self.user.commit("one")
        began = time.monotonic()
        check(self.user.push("node1"))
        self.assertLess(time.monotonic() - began, 10)  # a busy computer is no failure

    def test_with_two_nodes_off_it_is_refused(self):
        first = self.user.commit("one")
        check(self.user.push("node1"))
        for name in ("node2", "node3"):
            self.nodes[name].power(False)
        self.user.commit("two")
        self.refused(self.user.push("node1"), "1 of 3 nodes would have it, and 2 are needed")
        self.assertEqual(self.nodes["node1"].tip(), first)

    def test_a_busy_node_is_waited_for_when_it_is_needed(self):
        for name in ("node2", "node3"):
            self.nodes[name].power(False)
        self.user.commit("one")
        wakes = threading.Timer(0.5, lambda: self.nodes["node2"].power(True))
        wakes.start()
        done = check(self.user.push("node1"))
        wakes.join()
        self.assertIn("node3 does not have it yet", done.stderr)
        self.assertNotIn("node2", done.stderr)

    def test_an_etcd_between_two_leaders_is_waited_for(self):
        self.cluster.etcd.majority = False
        self.user.commit("one")
        elected = threading.Timer(0.5, lambda: setattr(self.cluster.etcd, "majority", True))
        elected.start()
        check(self.user.push("node1"))
        elected.join()

    def test_without_etcd_it_is_refused(self):
        self.cluster.etcd.majority = False
        self.user.commit("one")
        self.refused(self.user.push("node1"), "etcd has no majority that answers, so nothing has moved")
        fetched = check(self.user.git("ls-remote", "node1"))
        self.assertIn("node1 does not know whether it has the newest", fetched.stderr)

    def test_what_counts_by_an_answer_that_was_lost_is_acknowledged_with_who_lacks_it(self):
        self.nodes["node3"].power(False)
        self.cluster.etcd.after_swap = mock.Mock(side_effect=LostAnswer)
        commit = self.user.commit("one")
        done = check(self.user.push("node1"))
        self.assertIn("node3 does not have it yet: does not answer", done.stderr)
        self.assertEqual(self.nodes["node1"].tip(), commit)

    def test_without_an_answer_whether_it_counts_it_is_not_called_refused(self):
        def die():
            self.cluster.etcd.majority = False
            raise LostAnswer

        self.cluster.etcd.after_swap = die
        commit = self.user.commit("one")
        self.refused(self.user.push("node1"), "etcd has not answered: whether this counts")
        self.cluster.etcd.majority = True
        self.assertIn(commit, check(self.user.git("ls-remote", "node2", "main")).stdout)

    def test_without_the_service_it_is_refused(self):
        os.unlink(self.nodes["node1"].folder / "pushes")
        self.user.commit("one")
        self.refused(self.user.push("node1"), "dag-git.service does not run on this node, so nothing has moved")

    def test_of_a_service_that_does_not_answer_is_told(self):
        self.user.commit("one")
        with mock.patch("dags_receive.receive", side_effect=KeyError), mock.patch("traceback.print_exc"):
            self.refused(self.user.push("node1"), "dag-git.service has not answered: whether this counts")
        check(self.user.push("node1"))

    def test_one_that_hangs_up_is_no_end_of_the_service(self):
        nobody_reads, sink = os.pipe()
        os.close(nobody_reads)
        ours, hook = socket.socketpair()
        with open(os.devnull) as source, hook, mock.patch("traceback.print_exc") as told:
            socket.send_fds(hook, [b"\n"], [source.fileno(), sink, sink])
            self.nodes["node1"].pushes.serve(ours)
            self.assertEqual(hook.recv(1), b"")
        os.close(sink)
        told.assert_called_once()

    def test_a_fetch_brings_what_another_node_has_taken(self):
        commit = self.user.commit("one")
        check(self.user.push("node2"))
        self.assertEqual(self.nodes["node1"].tip("main"), "")
        self.assertIn(commit, check(self.user.git("ls-remote", "node1", "main")).stdout)

    def test_of_two_pushes_at_once_one_wins(self):
        check(self.user.git("commit", "--quiet", "--allow-empty", "-m", "zero"))
        check(self.user.push("node1"))
        users = [self.cluster.user(f"user{number}") for number in range(3)]
        for number, user in enumerate(users):
            check(user.git("pull", "--quiet", "node1", "main"))
            user.commit(f"from {number}")
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda each: each[0].push(each[1]), zip(users, self.nodes)))
        won = [user for user, push in zip(users, done) if push.returncode == 0]
        self.assertEqual(len(won), 1, [push.stderr for push in done])
        commit = won[0].git("rev-parse", "HEAD").stdout.strip()
        for node in self.nodes.values():
            node.follow()
            self.assertEqual(node.tip(), commit)

    def test_who_is_overtaken_before_the_key_is_told_so(self):
        self.user.commit("one")
        check(self.user.push("node1"))
        other = self.cluster.user("other")
        check(other.git("pull", "--quiet", "node1", "main"))
        winner = other.commit("winner")
        self.user.commit("loser")

        check(other.git("push", self.nodes["node1"].repository, "main:airflow-ha/incoming/node2"))

        def overtake():
            self.cluster.etcd.set(KEY, winner)

        self.cluster.etcd.before_swap = overtake
        self.refused(self.user.push("node1"), f"does not build on {winner[:12]}")

    def test_what_a_transfer_left_half_is_fetched_again(self):
        commit = self.user.commit("one")
        check(self.user.push("node1"))
        node = self.nodes["node3"]
        tree = git("--git-dir", node.repository, "rev-parse", f"{commit}^{{tree}}").stdout.strip()
        check(git("--git-dir", node.repository, "update-ref", "-d", "refs/heads/airflow-ha/incoming/node1"))
        (node.repository / "objects" / tree[:2] / tree[2:]).unlink()
        self.assertEqual(node.follow(), f"main is at {commit[:12]}")
        check(git("--git-dir", node.repository, "cat-file", "-e", tree))

    def test_an_etcd_from_an_old_snapshot_or_a_new_one_learns_what_nodes_have(self):
        first = self.user.commit("one")
        check(self.user.push("node1"))
        second = self.user.commit("two")
        check(self.user.push("node1"))
        self.cluster.etcd.set(KEY, first)
        self.assertIn("any more: it does again", self.nodes["node1"].follow())
        self.cluster.etcd.values.clear()
        self.assertIn("any more: it does again", self.nodes["node1"].follow())
        self.nodes["node2"].follow()
        self.assertEqual(self.nodes["node2"].tip(), second)

    def test_what_etcd_lost_and_overtook_is_kept_and_told(self):
        first = self.user.commit("one")
        check(self.user.push("node1"))
        lost = self.user.commit("two")
        check(self.user.push("node1"))
        self.cluster.etcd.set(KEY, first)
        for name in ("node2", "node3"):
            git("--git-dir", self.nodes[name].repository, "update-ref", "refs/heads/main", first)
        other = self.cluster.user("other")
        check(other.git("pull", "--quiet", "node2", "main"))
        winner = other.commit("winner")
        check(other.push("node2"))
        self.assertIn(f"kept as refs/heads/airflow-ha/lost/{lost[:12]}", self.nodes["node1"].follow())
        self.assertEqual(self.nodes["node1"].tip(), winner)
        self.assertEqual(self.nodes["node1"].tip(f"airflow-ha/lost/{lost[:12]}"), lost)

    def test_status(self):
        done = check(self.nodes["node1"].run("status"))
        self.assertIn("main: nothing has been pushed yet", done.stdout)
        commit = self.user.commit("one")
        check(self.user.push("node1"))
        self.user.commit("two")
        check(self.user.push("node1"))
        self.nodes["node2"].follow()
        self.nodes["node3"].power(False)
        done = self.nodes["node1"].run("status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("node2: in sync", done.stdout)
        self.assertIn("node3: does not answer", done.stdout)
        self.assertNotIn(commit, done.stdout)

    def test_a_folder_that_is_no_repository_is_refused(self):
        node = self.nodes["node1"]
        config = json.loads(node.config.read_text()) | {"repository": str(self.cluster.folder)}
        node.config.write_text(json.dumps(config))
        self.refused(node.run("prepare"), f"path: {self.cluster.folder} is there and is not a bare git repository")


class Polls(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster({"url": "/dev/null"})
        self.addCleanup(self.cluster.remove)
        self.url = self.cluster.folder / "upstream.git"
        check(git("init", "--quiet", "--bare", "--initial-branch=main", self.url))
        for node in self.cluster.nodes.values():
            config = json.loads(node.config.read_text())
            config["upstream"]["url"] = str(self.url)
            node.config.write_text(json.dumps(config))
        self.user = self.cluster.user()
        check(self.user.git("remote", "add", "upstream", self.url))

    def problem(self, name="node1"):
        """What one look at the upstream finds."""
        config = json.loads(self.cluster.nodes[name].config.read_text())
        return Upstream(config["upstream"], Branch(config)).problem()

    def test_it_is_taken_over_by_whoever_looks(self):
        commit = self.user.commit("one")
        check(self.user.push("upstream"))
        self.assertIsNone(self.problem("node2"))
        self.assertIsNone(self.problem("node1"))
        self.assertEqual(self.cluster.nodes["node2"].tip(), commit)

    def test_a_rewritten_or_older_one_moves_nothing(self):
        first = self.user.commit("one")
        check(self.user.push("upstream"))
        self.assertIsNone(self.problem())
        check(self.user.git("commit", "--quiet", "--amend", "-m", "other"))
        check(self.user.push("upstream", "--force"))
        self.assertIn(f"does not build on {first[:12]}, which main is at: nothing is taken", self.problem())
        self.assertEqual(self.cluster.nodes["node1"].tip(), first)
        check(self.user.git("push", "--force", "upstream", f"{first}:main"))
        self.assertIsNone(self.problem())
        check(self.user.git("reset", "--quiet", "--hard", first))
        self.user.commit("two")
        check(self.user.push("node3"))
        self.assertIn("lacks what was pushed here", self.problem())

    def test_bad_settings_are_named(self):
        self.assertIn("upstream.branch: ", self.problem())
        check_ = self.cluster.nodes["node1"].run("check")
        self.assertEqual(check_.returncode, 1)
        self.assertEqual(check_.stderr, f"upstream.branch: {self.url} has no branch main\n")
        self.url = self.cluster.folder / "elsewhere"
        for node in self.cluster.nodes.values():
            node.config.write_text(node.config.read_text().replace("upstream.git", "elsewhere"))
        self.assertIn(f"upstream.url: {self.url} cannot be read: ", self.problem())

    def test_what_git_says_need_not_be_utf8(self):
        node = self.cluster.nodes["node1"]
        self.assertIn("ung\N{REPLACEMENT CHARACTER}ltig", self.said_by_git("printf 'ung\\374ltig\\n' >&2; exit 1", node))

    def test_a_git_that_takes_too_long_leaves_no_helper(self):
        node = self.cluster.nodes["node1"]
        helper = node.folder / "helper"
        said = self.said_by_git(f"sleep 300 & echo $! >{helper}; wait", node, timeout=1)
        self.assertEqual(said, "git fetch did not end within 1 s")
        deadline, stat = time.monotonic() + 20, Path("/proc") / helper.read_text().strip() / "stat"
        while stat.exists() and stat.read_text().split()[2] != "Z" and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(not stat.exists() or stat.read_text().split()[2] == "Z")

    def said_by_git(self, script, node, **options):
        programs = node.folder / "programs"
        programs.mkdir()
        (programs / "git").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "git").chmod(0o755)
        with mock.patch.dict(os.environ, {"PATH": f"{programs}:{os.environ['PATH']}"}):
            repository = Repository(str(node.repository), "ssh")
            with self.assertRaises(GitError) as failed:
                repository.git("fetch", **options)
        return str(failed.exception)

    def test_the_service_says_that_it_lags_while_one_attempt_takes_long(self):
        """In a process of its own, which it never leaves."""
        node = self.cluster.nodes["node1"]
        behind = node.folder / "behind"
        program = (
            "import sys, time; from unittest import mock; import dags_follow; dags_follow.LAG = 1\n"
            "dags_follow.follow(mock.Mock(catch_up=lambda **_: time.sleep(600)), None, mock.Mock())"
        )
        environment = os.environ | {"RUNTIME_DIRECTORY": str(node.folder), "PYTHONPATH": str(self.cluster.program)}
        with subprocess.Popen([sys.executable, "-B", "-c", program], env=environment) as process:
            deadline = time.monotonic() + 20
            while not behind.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            lags = behind.exists()
            process.kill()
        self.assertTrue(lags)

    def test_the_service_follows_and_says_things_once(self):
        node = self.cluster.nodes["node1"]
        service = [sys.executable, "-B", self.cluster.program / "dags_git.py", node.config, "follow"]
        behind, environment = node.folder / "behind", os.environ | {"RUNTIME_DIRECTORY": str(node.folder)}

        def becomes(what):
            deadline = time.monotonic() + 30
            while not what() and time.monotonic() < deadline:
                time.sleep(0.1)
            return what()

        with subprocess.Popen(
            [str(each) for each in service], stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            said = []
            reader = threading.Thread(target=lambda: said.extend(process.stderr))
            reader.start()
            commit = self.user.commit("one")
            told = becomes(lambda: any("has no branch main" in line for line in said))
            # It looks again, and says it no more.
            time.sleep(2)
            check(self.user.push("upstream"))
            follows = becomes(lambda: node.tip() == commit) and not behind.exists()
            self.cluster.etcd.majority = False
            lags = becomes(behind.exists)
            self.cluster.etcd.majority = True
            follows_again = becomes(lambda: not behind.exists())
            process.terminate()
            reader.join()
        self.assertEqual((told, follows, lags, follows_again), (True, True, True, True))
        self.assertEqual(len([line for line in said if "has no branch main" in line]), 1, said)
        self.assertEqual(len([line for line in said if line.startswith("this node does not follow: etcd")]), 1, said)


if __name__ == "__main__":
    unittest.main()
