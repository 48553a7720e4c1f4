"""Saves files one after the other and notes of each when its saving began and ended: name and seconds since 1970.

`npm run bench -- dags` says in save.json: `folder`, `prefix` of the names, `batches` of `size` files, `period` in seconds
from one batch to the next, and a `command` in bash that is part of saving, or nothing.
"""

import json
import os
import random
import subprocess
import time

state = "/var/lib/bench-dags"


def text(name):
    """The same in receive.py: a file is there when it is this."""
    return f"{name}\n" + "x" * 1000


def save(folder, names, command):
    for name in names:
        with open(os.path.join(folder, name), "w") as file:
            file.write(text(name))
    if command:
        subprocess.run(["bash", "-c", command], cwd=folder, check=True)


def main():
    with open(f"{state}/save.json") as file:
        task = json.load(file)
    # A way that acts at whole seconds is met at all parts of a second, by the same times in each run.
    dice = random.Random(1)
    following = time.monotonic()
    with open(f"{state}/saved.tsv", "w", buffering=1) as saved:
        for batch in range(task["batches"]):
            time.sleep(max(0.0, following - time.monotonic()))
            # What a slow command has missed is not made up for.
            following = max(time.monotonic(), following) + task["period"] * dice.uniform(0.8, 1.2)
            first = batch * task["size"]
            names = [f"{task['prefix']}{first + n}.txt" for n in range(task["size"])]
            began = time.time()
            save(task["folder"], names, task["command"])
            saved.writelines(f"{name}\t{began:.6f}\t{time.time():.6f}\n" for name in names)


if __name__ == "__main__":
    main()
