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


VERBS = ["prepare", "check", "follow", "catch-up", "status"]


def main():
    parser = argparse.ArgumentParser("dag-git", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    # components/dagsync/renderGit.ts renders this JSON file.
    parser.add_argument("config", help=argparse.SUPPRESS)
    named = "{" + ",".join(VERBS) + "}"
    parser.add_argument("verb", choices=VERBS, metavar=named, help=argparse.SUPPRESS)
    parser.usage = f"%(prog)s {named}"
    asked = parser.parse_args()
    os.umask(0o027)
    with open(asked.config) as file:
        config = json.load(file)
    branch = Branch(config)
    upstream = Upstream(config["upstream"], branch) if config.get("upstream") else None
    match asked.verb:
        case "prepare":
            return branch.repository.prepare(branch.name, HIDDEN)
        case "check":
            return check(branch, upstream)
        case "follow":
            return follow(branch, upstream, Pushes(branch, config["socket"]))
        case "catch-up":
            return catch_up(branch)
        case "status":
            return status(branch)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GitError as problem:
        sys.exit(str(problem))
