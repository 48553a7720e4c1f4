"""The DAGs' git repository on one node. `dags_git.py CONFIG VERB`; components/dagsync/git.ts renders CONFIG, a JSON file.
  prepare    makes the repository
  check      tells what is wrong with the settings for the upstream, and with the way to the other nodes
  follow     the service: follows etcd, answers git for those who push, and polls the upstream
  catch-up   follows etcd once
  status     which node is at which commit"""

import json
import os
import sys

from dags_branch import HIDDEN, Branch
from dags_follow import catch_up, follow
from dags_receive import Pushes
from dags_repository import GitError
from dags_status import check, status
from dags_upstream import Upstream


def main(config_path, verb):
    os.umask(0o027)
    with open(config_path) as file:
        config = json.load(file)
    branch = Branch(config)
    upstream = Upstream(config["upstream"], branch) if config.get("upstream") else None
    verbs = {
        "prepare": lambda: branch.repository.prepare(branch.name, HIDDEN),
        "check": lambda: check(branch, upstream),
        "follow": lambda: follow(branch, upstream, Pushes(branch, config["socket"])),
        "catch-up": lambda: catch_up(branch),
        "status": lambda: status(branch),
    }
    return verbs[verb]()


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except GitError as problem:
        sys.exit(str(problem))
