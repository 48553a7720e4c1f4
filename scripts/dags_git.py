"""The DAGs' git repository on this node:
  prepare    makes the repository
  check      tells what is wrong with the settings for the upstream, and with the way to the other nodes
  follow     the service: follows etcd, answers git for those who push, and polls the upstream
  catch-up   follows etcd once
  status     which node is at which commit; the exit code is 0 when all are in sync"""

import argparse
import json
import os
import sys

from dags_branch import HIDDEN, Branch
from dags_follow import catch_up, follow
from dags_receive import Pushes
from dags_repository import GitError
from dags_status import check, status
from dags_upstream import Upstream


def main():
    parser = argparse.ArgumentParser("dag-git", "%(prog)s VERB", __doc__, formatter_class=argparse.RawTextHelpFormatter)
    # components/dagsync/renderGit.ts renders this JSON file.
    parser.add_argument("config", type=argparse.FileType(), help=argparse.SUPPRESS)
    parser.add_argument("verb", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.umask(0o027)
    with asked.config as file:
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
    if asked.verb not in verbs:
        parser.error(f"there is no {asked.verb}; there are {', '.join(verbs)}")
    return verbs[asked.verb]()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GitError as problem:
        sys.exit(str(problem))
