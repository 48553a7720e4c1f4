"""Commits and pushes at a steady pace, to one remote after the other. Arguments: FOLDER of the clone, FILE in it that each
commit changes, SECONDS for which it goes on, PERIOD in seconds, REMOTES... Prints a JSON object for each push."""

import json
import subprocess
import sys
import time


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)


def main(folder, file, seconds, period, *remotes):
    end = time.time() + float(seconds)
    number = 0
    while (start := time.time()) < end:
        with open(f"{folder}/{file}", "w") as changed:
            changed.write(f"{number}\n")
        git(folder, "add", file)
        git(folder, "commit", "--quiet", "--message", f"push {number}")
        commit = git(folder, "rev-parse", "HEAD").stdout.strip()
        began = time.time()
        done = git(folder, "push", remotes[number % len(remotes)], "main")
        pushed = {"id": commit, "code": done.returncode, "stderr": done.stderr, "began": began, "ended": time.time()}
        print(json.dumps(pushed), flush=True)
        number += 1
        time.sleep(max(0.0, start + float(period) - time.time()))


main(*sys.argv[1:])
