"""Waits for files and notes of each when it was there as a whole: name and seconds since 1970.

`npm run bench -- dags` says in receive.json: `prefix` of the names, their `count`, seconds of `interval` between two looks,
and where: a `folder`, or the folder `path` in the tree of `ref` in a bare `repository`.
"""

import json
import os
import subprocess
import time

state = "/var/lib/bench-dags"


def text(name):
    """The same in save.py."""
    return f"{name}\n" + "x" * 1000


class Folder:
    def __init__(self, folder):
        self.folder = folder

    def names(self):
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []

    def is_whole(self, name):
        try:
            with open(os.path.join(self.folder, name)) as file:
                return file.read() == text(name)
        except OSError:
            return False


class Repository:
    """A commit that a branch points to has all of its files: git moves the branch last."""

    def __init__(self, repository, ref, path):
        # Whose it is does not matter: it is only read.
        self.git = ["git", "-c", "safe.directory=*", "-C", repository]
        self.ref, self.path = ref, path
        self.commit, self.found = None, []
        # One process looks the branch up anew each time it is asked.
        command = [*self.git, "cat-file", "--batch-check"]
        self.asked = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def names(self):
        self.asked.stdin.write(f"{self.ref}\n")
        self.asked.stdin.flush()
        commit, kind, *_ = self.asked.stdout.readline().split()
        if kind == "commit" and commit != self.commit:
            command = [*self.git, "ls-tree", "--name-only", commit, "--", f"{self.path}/"]
            listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            self.commit, self.found = commit, [os.path.basename(line) for line in listed.split("\n")]
        return self.found

    def is_whole(self, name):
        return True


def main():
    with open(f"{state}/receive.json") as file:
        task = json.load(file)
    if "folder" in task:
        place = Folder(task["folder"])
    else:
        place = Repository(task["repository"], task["ref"], task["path"])
    missing = {f"{task['prefix']}{n}.txt" for n in range(task["count"])}
    with open(f"{state}/received.tsv", "w", buffering=1) as received:
        while missing:
            for name in missing.intersection(place.names()):
                if place.is_whole(name):
                    received.write(f"{name}\t{time.time():.6f}\n")
                    missing.remove(name)
            time.sleep(task["interval"])


if __name__ == "__main__":
    main()
